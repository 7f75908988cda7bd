"""Ratios over commits: each run of ``bench.py`` adds a line to ``history.jsonl``, and all of them are drawn.

    python benchmarks/history.py

writes ``docs/explanation/performance-history.png`` and the table of ``docs/explanation/performance-history.md``.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from itertools import groupby
from pathlib import Path

import page
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from speed import Row

ROOT = Path(__file__).parents[1]
FILE = Path(__file__).parent / "history.jsonl"
PICTURE = ROOT / "docs" / "explanation" / "performance-history.png"
PAGE = ROOT / "docs" / "explanation" / "performance-history.md"
BEGIN, END = "<!-- history begin -->", "<!-- history end -->"
COLOURS = {"reference": "#777777", "brian2": "#0072b2", "nengo": "#d55e00", "lava": "#009e73"}
"""Of backends, told apart by those who see few colours."""
OTHER = "#cc79a7"


@dataclass(frozen=True)
class Entry:
    """The ratios of one part of the benchmarks, measured once.

    Attributes
    ----------
    commit
        What was measured; it ends in ``+`` where files of the checkout differed from it.
    date
        When, in UTC.
    processor, cores
        The machine; None where that was not kept.
    ratios
        Speed over that of what it is measured against, by ``WORK on BACKEND:MODE over AGAINST``.
    """

    commit: str
    date: str
    processor: str | None
    cores: int | None
    part: str
    ratios: dict[str, float]

    @property
    def machine(self) -> str:
        """The machine in words."""
        return "not kept" if self.processor is None else f"{self.processor}, {self.cores} cores"

    @classmethod
    def of(cls, part: str, rows: Iterable[Row]) -> Entry:
        """What was measured now, on this machine."""
        ratios = {title(row): float(f"{row['ratio']:.4g}") for row in rows if row["ratio"] is not None}
        date = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return cls(commit(), date, processor(), len(os.sched_getaffinity(0)), part, ratios)


def title(row: Row) -> str:
    """What a ratio is of."""
    return f"{row['work']} on {page.name(row)} over {row['against']}"


def commit() -> str:
    """The commit of this checkout."""
    git = ["git", "-C", str(ROOT)]
    head = subprocess.run([*git, "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True).stdout.strip()
    changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True).stdout.strip()
    return (head or "unknown") + "+" * bool(changed)


def processor() -> str:
    """The type of the processor, as Linux names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def append(entry: Entry, file: Path = FILE) -> None:
    """Add a line to the file; one without a ratio is left out."""
    if entry.ratios:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(entry)) + "\n")


def read(file: Path = FILE) -> list[Entry]:
    """All entries, the oldest first."""
    if not file.exists():
        return []
    return [Entry(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def changes(entries: Sequence[Entry]) -> list[list[float]]:
    """For each entry, its ratios over those of the same title that were measured last before it, on that machine."""
    before: dict[tuple[str, str], float] = {}
    found = []
    for entry in entries:
        keys = {(entry.machine, name): ratio for name, ratio in entry.ratios.items()}
        found.append([ratio / before[key] for key, ratio in keys.items() if key in before])
        before |= keys
    return found


def table(entries: Sequence[Entry]) -> str:
    """A line for each entry, the newest first."""
    lines = [
        [entry.date[:10], f"`{entry.commit}`", entry.machine, entry.part, str(len(entry.ratios)), *in_words(change)]
        for entry, change in zip(entries, changes(entries), strict=True)
    ]
    headers = ["date", "commit", "processor", "part", "ratios", "compared", "median change", "least", "most"]
    return page.table(headers, reversed(lines), words=4)


def in_words(change: Sequence[float]) -> list[str]:
    """How many ratios are compared, and by what factor they changed."""
    if not change:
        return ["0", "", "", ""]
    return [str(len(change)), *(f"{value:.2f}" for value in (statistics.median(change), min(change), max(change)))]


def draw(entries: Sequence[Entry], path: Path) -> None:
    """Draw the ratios over commits: a panel for each thing that is measured against, a line for each work."""
    panels = sorted({name.rpartition(" over ")[2] for entry in entries for name in entry.ratios})
    commits = [f"{same[0].commit[:7]}\n{same[0].date[:10]}" for same in by_commit(entries)]
    figure = Figure(figsize=(7, 0.6 + 2.1 * len(panels)), layout="constrained")
    for axes, against in zip(figure.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True):
        for name, places, ratios in series(entries, against):
            axes.plot(places, ratios, ".-", color=colour(name), linewidth=0.8, markersize=4, alpha=0.7)
        _dress(axes, against, commits)
    handles = [Line2D([], [], color=tone, label=backend) for backend, tone in COLOURS.items()]
    figure.legend(handles=handles, loc="outside upper right", ncols=len(handles), frameon=False)
    figure.savefig(path, metadata={"Software": None}, dpi=100)


def by_commit(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Entries that follow one another and are of one commit, together."""
    return [list(same) for _, same in groupby(entries, lambda entry: entry.commit)]


def series(entries: Sequence[Entry], against: str) -> Iterator[tuple[str, list[int], list[float]]]:
    """Ratios that were measured on one machine, each with the place of its commit among all."""
    points: dict[tuple[str, str], dict[int, float]] = {}
    for place, same in enumerate(by_commit(entries)):
        for entry in same:
            for name, ratio in entry.ratios.items():
                if name.endswith(f" over {against}"):
                    points.setdefault((entry.machine, name), {})[place] = ratio
    for (_, name), at in points.items():
        yield name, list(at), list(at.values())


def colour(name: str) -> str:
    """Of the backend that a ratio is of."""
    return COLOURS.get(name.partition(" on ")[2].partition(":")[0], OTHER)


def _dress(axes: Axes, against: str, commits: Sequence[str]) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda ratio, _: f"{ratio:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    least, most = axes.get_ylim()
    axes.set_ylim(min(least, 0.5), max(most, 2.0))  # so that small changes look small
    axes.axhline(1.0, color="black", linewidth=0.6)
    axes.set_title(f"over {against}", loc="left", fontsize="medium")
    axes.set_xlim(-0.5, len(commits) - 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(min(len(commits), 8), integer=True))
    axes.xaxis.set_major_formatter(lambda x, _: commits[int(x)] if 0 <= x < len(commits) else "")
    axes.spines[["top", "right"]].set_visible(False)


def write() -> None:
    """Draw the picture, and write the table into the page."""
    entries = read()
    draw(entries, PICTURE)
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n\n{table(entries)}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    write()
