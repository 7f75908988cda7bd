"""Speed as ratios within one run: every backend does the same work in turn, several times, and medians are compared.

Writes ``build/bench.json`` and the tables of ``docs/explanation/performance.md``, and adds the ratios to
``benchmarks/history.jsonl``, of which ``docs/explanation/performance-history.md`` has a picture. Absolute times depend
on the machine and on what else it does; the ratios hold better, because whatever slows one slows its neighbour.

    python benchmarks/bench.py [--full] [--only {dense,sparse,data}] [--works NAME ...]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import batches
import c_limit
import compile_time
import engine_share
import growth
import history
import mapped
import on_chip
import page
import sparse
import speed
import whole_data
from rich.console import Console
from rich.markdown import Markdown
from speed import Row
from works import Work, binarised, busy_sleep, ep_inference, ep_training, sleep, spiking

SCENARIO = Path(__file__).parents[1] / "scenarios" / "digits_sleep.toml"
RESULT = Path("build") / "bench.json"
REFERENCE = "reference:numpy"
BACKENDS = (REFERENCE, "brian2:standalone", "nengo:native", "nengo:fused", "lava:fused")
SLOW = ("brian2:numpy", "brian2:cython")
"""Modes that take a hundred times as long, and are given little."""


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes
    ----------
    by_hand, limited
        Works that are also measured against models written by hand, and against C: with so many samples that
        starting a program counts little.
    slow
        Works for modes that are slow, against models written by hand.
    sparse
        Networks in which few pairs are connected.
    """

    runs: int
    works: tuple[Callable[[], Work], ...]
    by_hand: tuple[Callable[[], Work], ...]
    limited: tuple[Callable[[], Work], ...]
    slow: tuple[Callable[[], Work], ...]
    slow_modes: tuple[str, ...]
    sparse: sparse.Plan


def works(times: int) -> tuple[Callable[[], Work], ...]:
    """All works, each some times as long as the reference takes a third of a second for."""
    return (
        partial(ep_training, "64-100-10", 1437 * times),
        partial(ep_training, "784-256-10", 300 * times),
        partial(ep_training, "784-500-10", 200 * times),
        partial(ep_training, "784-1200-1200-10", 8 * times),
        partial(ep_inference, "64-100-10", 1437 * times),
        partial(ep_inference, "784-256-10", 600 * times),
        partial(ep_inference, "784-500-10", 400 * times),
        partial(ep_inference, "784-1200-1200-10", 16 * times),
        partial(sleep, "64-100-10", 20_000 * times),
        partial(sleep, "784-256-10", 40_000 * times),
        partial(sleep, "784-500-10", 6000 * times),
        partial(sleep, "784-1200-1200-10", 500 * times),
        partial(busy_sleep, "784-256-10", 1000 * times),
        partial(binarised, "64-100-10", 600 * times),
        partial(spiking, "700-200-100-20", 30 * times),
    )


LIMITED = (
    partial(ep_training, "64-100-10", 3 * 1437),
    partial(ep_training, "784-256-10", 2000),
    partial(ep_training, "784-500-10", 2000),
    partial(ep_training, "784-1200-1200-10", 200),
)
QUICK = Plan(
    runs=5,
    works=works(1),
    by_hand=(
        partial(ep_training, "64-100-10", 1437),
        partial(ep_training, "784-500-10", 200),
        partial(busy_sleep, "784-256-10", 1000),
    ),
    limited=LIMITED,
    slow=(partial(ep_training, "64-100-10", 60),),
    slow_modes=("brian2:numpy",),
    sparse=sparse.QUICK,
)
FULL = Plan(
    runs=9,
    works=works(3),
    by_hand=(
        partial(ep_training, "64-100-10", 3 * 1437),
        partial(ep_training, "784-256-10", 600),
        partial(ep_training, "784-500-10", 400),
        partial(ep_training, "784-1200-1200-10", 16),
        partial(sleep, "64-100-10", 4000),
        partial(sleep, "784-256-10", 1000),
        partial(busy_sleep, "784-256-10", 1000),
    ),
    limited=LIMITED,
    slow=(partial(ep_training, "64-100-10", 100), partial(sleep, "64-100-10", 500)),
    slow_modes=SLOW,
    sparse=sparse.FULL,
)


def dense(plan: Plan) -> Iterator[Row]:
    """All rows of networks whose layers are connected all to all, each as soon as it is there."""
    for make in plan.works:
        yield from speed.over_reference(make(), BACKENDS, plan.runs)
    for make in plan.by_hand:
        yield from speed.over_hand(make(), BACKENDS, plan.runs)
    for make in plan.slow:
        yield from speed.over_hand(make(), plan.slow_modes, plan.runs)
    yield from mapped.measure(plan.runs)
    library = c_limit.compiled()
    for make in plan.limited:
        yield from speed.over_limit(make(), library, plan.runs)
    yield from compile_time.measure(ep_training("64-100-10", 1), BACKENDS, 3)
    yield from compile_time.measure(sleep("784-256-10", 1), BACKENDS, 3)
    yield from growth.measure(BACKENDS, 3)
    yield from engine_share.measure(SCENARIO, "brian2", 2 * plan.runs)
    yield from on_chip.measure("brian2:standalone", 1437, plan.runs)


PARTS: dict[str, Callable[[Plan], Iterable[Row]]] = {
    page.DENSE: dense,
    page.BATCHES: lambda plan: batches.measure(plan.runs),
    page.SPARSE: lambda plan: sparse.measured(plan.sparse),
    page.DATA: lambda plan: whole_data.measure("brian2"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="longer works, more of them, and slow modes")
    parser.add_argument("--only", choices=PARTS, help="one part; figures of the others stay what they are")
    parser.add_argument(
        "--works", nargs="+", default=(), help="sparse networks alone; other figures stay what they are"
    )
    given = parser.parse_args()
    plan = FULL if given.full else QUICK
    if given.works:
        plan = replace(plan, sparse=plan.sparse.of(given.works))
    only = page.SPARSE if given.works else given.only
    for part in [only] if only else PARTS:
        rows = []
        for row in PARTS[part](plan):
            rows.append({**row, "part": part})
            print(told(row), flush=True)
        history.append(history.Entry.of(part, rows))
        Console().print(Markdown(page.write(part, kept(part, rows, given.works))))
    history.write()


def kept(part: str, rows: Sequence[Row], works: Collection[str]) -> list[Row]:
    """Write rows in place of those that there were of a part, or of some works; all rows of the part now."""
    RESULT.parent.mkdir(exist_ok=True)
    before = json.loads(RESULT.read_text()) if RESULT.exists() else []
    found = [r for r in before if r.get("part") != part or (works and r["work"] not in works)] + list(rows)
    RESULT.write_text(json.dumps(found, indent=2))
    return [row for row in found if row.get("part") == part]


def told(row: Row) -> str:
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}x {row['against']}, "
    seconds = "" if row["median_s"] is None else f"{row['median_s']:.4f} s"
    return f"{row['work']:28} {row['backend']}:{row['mode']:12} {ratio}{seconds}"


if __name__ == "__main__":
    main()
