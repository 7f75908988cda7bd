"""``make fuzz``: mutants of all kinds; exit code 1 where one was met with anything but our own words."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from .children import Mutant, Outcome, run
from .judge import ACCEPTED, CRASH, FAULTS, HANG, REFUSED, TRACEBACK, WRONG, judged
from .kinds import KINDS

KEPT = Path("build") / "fuzz"
COLUMNS = (ACCEPTED, REFUSED, TRACEBACK, WRONG, HANG, CRASH)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if options.replay:
        return _replay(options.replay)
    with tempfile.TemporaryDirectory(prefix="neurosim-fuzz-") as folder:
        prepared, work = Path(folder, "prepared"), Path(folder, "work")
        mutants = wanted(options.kind or list(KINDS), options.seed, options.count, options.only)
        prepare(mutants, prepared)
        found = []
        for outcome in run(mutants, prepared, work, options.jobs):
            found.append(outcome)
            if outcome.verdict.what in FAULTS:
                where = keep(outcome, prepared)
                print(f"{outcome.verdict.what}: {where}: {outcome.verdict.said.strip().splitlines()[-1]:.200}")
    print(table(found))
    faults = sum(o.verdict.what in FAULTS for o in found)
    if faults:
        print(f"\n{faults} of {len(found)} mutants; run one again with: make fuzz FUZZ='--replay FOLDER'")
    return int(faults > 0)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="one kind, or several; all by default")
    parser.add_argument("--seed", type=int, default=0, help="names the mutants")
    parser.add_argument("--count", type=int, default=20_000, help="how many in all")
    parser.add_argument("--only", type=int, help="the one mutant of this number, of each kind")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side")
    parser.add_argument("--replay", type=Path, metavar="FOLDER", help="run a mutant that was kept, in this process")
    return parser.parse_args(arguments)


def wanted(kinds: Sequence[str], seed: int, count: int, only: int | None = None) -> list[Mutant]:
    """The mutants of some kinds, each with its share of the count."""
    if only is not None:
        return [Mutant(KINDS[name], seed, only) for name in kinds]
    whole = sum(KINDS[name].share for name in kinds)
    return [
        Mutant(KINDS[name], seed, number)
        for name in kinds
        for number in range(max(1, round(count * KINDS[name].share / whole)))
    ]


def prepare(mutants: Sequence[Mutant], prepared: Path) -> None:
    """What the mutants are altered from."""
    for kind in dict.fromkeys(m.kind for m in mutants):
        folder = prepared / kind.name
        folder.mkdir(parents=True)
        kind.prepare(folder)


def keep(outcome: Outcome, prepared: Path) -> Path:
    """A mutant's files below `KEPT`, with what was said of it."""
    mutant = outcome.mutant
    shutil.rmtree(KEPT / mutant.name, ignore_errors=True)
    folder = mutant.made(KEPT.absolute(), prepared)
    (folder / "verdict.txt").write_text(
        f"{outcome.verdict.what} after {outcome.seconds:.1f} s\n\n{outcome.verdict.said}\n\n"
        f"make fuzz FUZZ='--replay {KEPT / mutant.name}'\n"
        f"make fuzz FUZZ='--kind {mutant.kind.name} --seed {mutant.seed} --only {mutant.number}'\n"
    )
    return KEPT / mutant.name


def table(outcomes: Sequence[Outcome]) -> str:
    """A line for each kind."""
    lines = [f"{'kind':14}{'mutants':>9}" + "".join(f"{c:>11}" for c in COLUMNS) + f"{'seconds':>9}"]
    for kind in dict.fromkeys(o.mutant.kind.name for o in outcomes):
        of_kind = [o for o in outcomes if o.mutant.kind.name == kind]
        counts = Counter(o.verdict.what for o in of_kind)
        seconds = sum(o.seconds for o in of_kind)
        lines.append(f"{kind:14}{len(of_kind):9,}" + "".join(f"{counts[c]:11,}" for c in COLUMNS) + f"{seconds:9.1f}")
    return "\n".join(lines)


def _replay(folder: Path) -> int:
    """Run what is kept in a copy, for a run may change it."""
    kind = KINDS[folder.name.rsplit("-", 2)[0]]
    with tempfile.TemporaryDirectory(prefix="neurosim-fuzz-") as copy:
        subprocess.run(["cp", "-a", folder, copy], check=True)  # pipes and sockets, too
        verdict = judged(kind, Path(copy, folder.name))
    print(f"{verdict.what}: {verdict.said}")
    return int(verdict.what in FAULTS)


if __name__ == "__main__":
    sys.exit(main())
