"""The figures as a page: tables in Markdown between two marks of ``docs/explanation/performance.md``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from speed import Row

PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
AGAINST = ("reference", "hand-written", "c-limit")


def write(rows: Sequence[Row], machine: str) -> str:
    """Put the tables into the page; what stands between the marks now."""
    text = "\n\n".join([machine, *(table for make in TABLES if (table := make(rows)))])
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")
    return text


def speeds(rows: Sequence[Row]) -> str:
    """A line for each work of a size on a backend, a column for each thing that it is measured against."""
    found: dict[tuple[str, str, str], dict[str, Row]] = {}
    for r in rows:
        if r["against"] is not None:
            found.setdefault((r["work"], f"{r['trials']} x {r['steps']}", name(r)), {})[r["against"]] = r
    lines = []
    for key, by in found.items():
        ratios = [f"{by[a]['ratio']:.2f}" if a in by else "" for a in AGAINST]
        lines.append([*key, *ratios, f"{next(iter(by.values()))['median_s'] * 1e3:.1f}"])
    headers = ["work", "trials x steps", "backend", *(f"over {a}" for a in AGAINST), "ms"]
    return titled("Speed", table(headers, lines, words=3))


def compile_times(rows: Sequence[Row]) -> str:
    lines = [[r["work"], name(r), seconds(r["median_s"])] for r in rows if r["work"].startswith("compile-")]
    return titled("Until a program can run", table(["work", "backend", "seconds"], lines, words=2))


def growth(rows: Sequence[Row]) -> str:
    lines = [
        [r["work"], name(r), f"{r['exponent']:.2f}", ", ".join(f"{m:.0f}" for m in r["peak_mib"])]
        for r in rows
        if "exponent" in r
    ]
    headers = ["work", "backend", "exponent of time", "peak MiB at 1x, 2x, 4x"]
    return titled("Growth", table(headers, lines, words=2))


def engine(rows: Sequence[Row]) -> str:
    parts = ("load_s", "transfer_s", "simulate_s", "engine_s", "wall_s")
    lines = [
        [r["work"], name(r), *(f"{r[p] * 1e3:.0f}" for p in parts), f"{r['engine_share']:.1%}"]
        for r in rows
        if "engine_share" in r
    ]
    headers = ["scenario", "backend", *(f"{p.removesuffix('_s')} ms" for p in parts), "engine's share"]
    return titled("A whole scenario", table(headers, lines, words=2))


TABLES = (speeds, compile_times, growth, engine)


def name(r: Row) -> str:
    return f"{r['backend']}:{r['mode']}"


def seconds(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.1f}"


def titled(title: str, text: str) -> str:
    return f"### {title}\n\n{text}" if text else ""


def table(headers: Sequence[str], lines: Iterable[Sequence[str]], words: int) -> str:
    """Columns of words first, then of numbers; empty without a line."""
    rows = [list(line) for line in lines]
    if not rows:
        return ""
    marks = ["---"] * words + ["---:"] * (len(headers) - words)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headers, marks, *rows))
