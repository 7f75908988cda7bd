"""The figures as a page: tables in Markdown between marks of ``docs/explanation/performance.md``, two for each part."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from speed import Row

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "performance.md"
DENSE, BATCHES, SPARSE, DATA = "dense", "batches", "sparse", "data"
AGAINST = ("reference", "hand-written", "c-limit")
BATCHES_AGAINST = ("one-by-one", "pytorch")
SPARSE_AGAINST = ("numpy-gather", "hand-written", "c-push")


def write(part: str, rows: Sequence[Row]) -> str:
    """Put the tables of a part into the page; what stands between its marks now."""
    begin, end = (f"<!-- measured: {part} {side} -->" for side in ("begin", "end"))
    text = "\n\n".join([where(rows), *(table for make in TABLES[part] if (table := make(rows)))])
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(begin)
    PAGE.write_text(f"{head}{begin}\n\n{text}\n\n{end}{rest.split(end)[1]}", encoding="utf-8")
    return text


def where(rows: Sequence[Row]) -> str:
    """The machine, and how often the two sides of a ratio were measured."""
    rounds = [r["runs"] for r in rows if r["against"] is not None]
    least, most = min(rounds, default=0), max(rounds, default=0)
    times = f"{most} rounds" if least == most else f"{least} to {most} rounds"
    rounds_of = f", {times}" if rounds else ""
    return f"Python {platform.python_version()} on {platform.system()} {platform.machine()}{rounds_of}."


def speeds(rows: Sequence[Row]) -> str:
    return _speeds("Speed", rows, AGAINST)


def batch_speeds(rows: Sequence[Row]) -> str:
    return _speeds("Speed of batches", rows, BATCHES_AGAINST)


def sparse_speeds(rows: Sequence[Row]) -> str:
    return _speeds("Speed of sparse networks", rows, SPARSE_AGAINST)


def _speeds(title: str, rows: Sequence[Row], against: Sequence[str]) -> str:
    """A line for each work of a size on a backend, a column for each thing that it is measured against."""
    found: dict[tuple[str, str, str], dict[str, Row]] = {}
    for r in rows:
        if r["against"] is not None:
            found.setdefault((r["work"], f"{r['trials']} x {r['steps']}", name(r)), {})[r["against"]] = r
    lines = []
    for key, by in found.items():
        ratios = [f"{by[a]['ratio']:.2f}" if a in by else "" for a in against]
        lines.append([*key, *ratios, f"{next(iter(by.values()))['median_s'] * 1e3:.1f}"])
    headers = ["work", "trials x steps", "backend", *(f"over {a}" for a in against), "ms"]
    return titled(title, table(headers, lines, words=3))


def compile_times(rows: Sequence[Row]) -> str:
    lines = [[r["work"], name(r), seconds(r["median_s"])] for r in rows if r["work"].startswith("compile-")]
    return titled("Until a program can run", table(["work", "backend", "seconds"], lines, words=2))


def growth(rows: Sequence[Row]) -> str:
    lines = [
        [r["work"], name(r), f"{r['exponent']:.2f}", ", ".join(f"{m:.0f}" for m in r["peak_mib"])]
        for r in rows
        if "peak_mib" in r
    ]
    headers = ["work", "backend", "exponent of time", "peak MiB at 1x, 2x, 4x"]
    return titled("Growth", table(headers, lines, words=2))


def synapse_growth(rows: Sequence[Row]) -> str:
    lines = [
        [r["work"], name(r), f"{r['exponent']:.2f}", *(f"{us:.0f}" for us in r["us_a_step"])]
        for r in rows
        if "us_a_step" in r
    ]
    headers = ["work", "backend", "exponent of time", "us a step at 1x", "10x", "100x synapses"]
    return titled("More synapses, as many synaptic events", table(headers, lines, words=2))


def engine(rows: Sequence[Row]) -> str:
    parts = ("load_s", "transfer_s", "simulate_s", "engine_s", "wall_s")
    lines = [
        [r["work"], name(r), *(f"{r[p] * 1e3:.0f}" for p in parts), f"{r['engine_share']:.1%}"]
        for r in rows
        if "engine_share" in r
    ]
    headers = ["scenario", "backend", *(f"{p.removesuffix('_s')} ms" for p in parts), "engine's share"]
    return titled("A whole scenario", table(headers, lines, words=2))


def chips(rows: Sequence[Row]) -> str:
    lines = [
        [r["work"], name(r), f"{r['trials']}", f"{r['times_as_long']:.2f}", f"{r['median_s'] * 1e3:.0f}"]
        for r in rows
        if "times_as_long" in r
    ]
    return titled("Chips", table(["work", "backend", "trials", "times as long as without", "ms"], lines, words=2))


def whole_data(rows: Sequence[Row]) -> str:
    parts = ("transfer_s", "simulate_s", "engine_s", "wall_s")
    lines = [
        [r["work"], name(r), *(seconds(r[p]) for p in parts), f"{r['outside_share']:.1%}", f"{r['over_mib']:.0f}"]
        for r in rows
    ]
    named = [f"{p.removesuffix('_s')} s" for p in parts]
    headers = ["scenario", "backend", *named, "outside of simulation", "peak MiB over a session"]
    return titled("A whole data set", table(headers, lines, words=2))


def wirings(rows: Sequence[Row]) -> str:
    lines = [
        [r["work"], name(r), seconds(r["median_s"]), seconds(r["second_s"]), f"{r['over_first']:.3f}"]
        for r in rows
        if "second_s" in r
    ]
    headers = ["work", "backend", "first wiring s", "second wiring s", "second over first"]
    return titled("Until another wiring can run", table(headers, lines, words=2))


def memory(rows: Sequence[Row]) -> str:
    lines = [
        [r["work"], name(r), *(f"{bytes_:.0f}" for bytes_ in r["bytes_per_synapse"].values())]
        for r in rows
        if "bytes_per_synapse" in r
    ]
    headers = ["work", "backend", "session", "what it starts"]
    return titled("Peak bytes a synapse", table(headers, lines, words=2))


TABLES = {
    DENSE: (speeds, compile_times, growth, engine, chips),
    BATCHES: (batch_speeds,),
    SPARSE: (sparse_speeds, synapse_growth, wirings, memory),
    DATA: (whole_data,),
}


def name(r: Row) -> str:
    return f"{r['backend']}:{r['mode']}"


def seconds(value: float) -> str:
    return f"{float(f'{value:.2g}')}"


def titled(title: str, text: str) -> str:
    return f"### {title}\n\n{text}" if text else ""


def table(headers: Sequence[str], lines: Iterable[Sequence[str]], words: int) -> str:
    """Columns of words first, then of numbers; empty without a line."""
    rows = [list(line) for line in lines]
    if not rows:
        return ""
    marks = ["---"] * words + ["---:"] * (len(headers) - words)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headers, marks, *rows))
