"""How far a study is, as a terminal shows it: a row for each cell on each backend, and a line for all of them."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from neurosim.cli.report.fitting import PLAIN, FittingTable

if TYPE_CHECKING:
    from neurosim.results.studies.standing import RunStanding, Status, StudyStanding

STATES = {"going": "going on", "ended": "ended", "stopped": "stopped", "none": "nothing was asked for"}


def view(study: StudyStanding) -> Group:
    """The line for all runs, the table, and what is wrong with the files."""
    return Group(Text(headline(study)), _table(study.runs), *map(Text, _damage(study)))


def headline(study: StudyStanding) -> str:
    """How many of all runs have ended, go on, wait or failed, and for how long."""
    counts = Counter(run.status for run in study.runs)
    order: tuple[Status, ...] = ("going", "waiting", "failed", "damaged")
    others = [f"{counts[status]} {status}" for status in order if counts[status]]
    said = ", ".join([f"{counts['ended']} of {len(study.runs)} runs ended", *others])
    return f"{study.name}: {STATES[study.state]}{_for_how_long(study)}; {said}"


def _damage(study: StudyStanding) -> Iterator[str]:
    if any(run.status == "damaged" for run in study.runs):
        yield "a damaged result is made anew by the command of the study"
    if study.unreadable:
        lines = "1 line" if study.unreadable == 1 else f"{study.unreadable} lines"
        yield f"events.jsonl: {lines} cannot be read, so runs that were asked for may be missing here"


def _for_how_long(study: StudyStanding) -> str:
    if study.state != "going":
        return ""
    try:
        begun = datetime.fromisoformat(study.since)
    except ValueError:
        return ""
    return f" for {_clock((datetime.now(timezone.utc) - begun).total_seconds())}"


def _clock(seconds: float) -> str:
    """Seconds as people read them: ``8 s``, ``3:05``, ``1:02:03``."""
    whole = max(int(seconds), 0)
    hours, minutes = divmod(whole // 60, 60)
    if whole < 60:
        return f"{whole} s"
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def _table(runs: Sequence[RunStanding]) -> Table:
    table = FittingTable(box=PLAIN, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("cell, backend", overflow="fold")
    for header in ("ended", "accuracy", "time"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("now", overflow="fold")
    for (cell, where), group in groupby(runs, key=lambda run: (run.cell, run.where)):
        of_row = list(group)
        ended = [run for run in of_row if run.status == "ended"]
        accuracies = [run.accuracy for run in ended if run.accuracy is not None]
        accuracy = f"{statistics.mean(accuracies):.3f}" if accuracies else "-"
        time = _clock(sum(run.seconds for run in of_row))
        table.add_row(f"{cell.words}, {where}", f"{len(ended)}/{len(of_row)}", accuracy, time, _now(of_row))
    return table


def _now(runs: Sequence[RunStanding]) -> str:
    """What is under way in a row."""
    going = [_going(run) for run in runs if run.status == "going"]
    bad: tuple[Status, ...] = ("failed", "damaged")
    seeds = {status: [str(run.seed) for run in runs if run.status == status] for status in bad}
    waiting = sum(run.status == "waiting" for run in runs)
    said = [*going, *(f"{status}: seed {', '.join(of)}" for status, of in seeds.items() if of)]
    return "; ".join(said) or ("waiting" if waiting else "")


def _going(run: RunStanding) -> str:
    accuracy = "" if run.accuracy is None else f", {run.accuracy:.3f}"
    task = f" task {min(run.task + 1, run.tasks)}/{run.tasks}" if run.tasks else ""
    return f"seed {run.seed}{task}{accuracy}"
