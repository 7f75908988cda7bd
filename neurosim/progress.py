"""Progress bars on a terminal, with an estimate of the time left; that of a run appears after two seconds."""

from __future__ import annotations

import threading
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from neurosim.results.result import Stage
from neurosim.scenario.events import Listener, SearchListener
from neurosim.scenario.streams import Task

DELAY = 2.0
"""Seconds before a bar appears."""


class Progress(Listener):
    """Listens to a run and draws how far it is: a task counts as one, its training, sleep and test as parts of it.

    Parameters
    ----------
    what
        Named beside the bar.
    console
        Where to draw; nothing is drawn unless it is a terminal.
    """

    def __init__(self, what: str, console: Console):
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[stage]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
        )
        self._bar = _bar(console, *columns)
        self._row = self._bar.add_task(what, total=None, stage="compile")
        self._timer = threading.Timer(DELAY, self._bar.start)
        self._timer.daemon = True
        self._task = 0

    def __enter__(self) -> Progress:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._timer.join()
        self._bar.stop()

    def before_scenario(self, tasks: list[Task]) -> None:
        self._bar.update(self._row, total=float(len(tasks)))

    def before_task(self, task: Task) -> None:
        self._task = task.index

    def progress(self, what: str, done: int, total: int) -> None:
        share = {"train": 0.0, "sleep": 0.6, "test": 0.9}
        width = {"train": 0.6, "sleep": 0.3, "test": 0.1}
        position = self._task + share.get(what, 0.0) + width.get(what, 0.0) * done / max(total, 1)
        self._bar.update(self._row, completed=position, stage=f"task {self._task + 1}, {what}")

    def after_stage(self, stage: Stage) -> None:
        self._bar.update(self._row, stage=f"task {stage.task + 1}, {stage.kind}")

    def say(self, stage: str) -> None:
        """Name what is being done."""
        self._bar.update(self._row, stage=stage)


class SearchProgress(SearchListener):
    """Listens to a search of settings and draws how many trials have ended, the best so far, and the time left.

    Parameters
    ----------
    what
        Named beside the bar.
    console
        Where to draw; nothing is drawn unless it is a terminal.
    """

    def __init__(self, what: str, console: Console):
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[ended]}/{task.total:.0f} trials, best {task.fields[best]},"),
            TimeRemainingColumn(),
            TextColumn("left"),
        )
        self._bar = _bar(console, *columns)
        self._row = self._bar.add_task(what, total=1, ended=0, best="-")
        self._ended = 0

    def __enter__(self) -> SearchProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def before_search(self, done: int, best: float | None, trials: int) -> None:
        self._bar.update(self._row, total=float(trials))
        self._bar.start()
        self.after_trial(done, best)

    def within_trial(self, share: float) -> None:
        self._bar.update(self._row, completed=self._ended + share)

    def after_trial(self, done: int, best: float | None) -> None:
        self._ended = done
        self._bar.update(self._row, completed=float(done), ended=done, best="-" if best is None else f"{best:.1%}")


def _bar(console: Console, *columns: ProgressColumn) -> Bar:
    """A bar that goes away when it stops, on a terminal alone.

    Training, sleep and tests differ in speed and trials take long, so it is estimated over hours, not over seconds.
    """
    hidden = not console.is_terminal
    return Bar(*columns, console=console, transient=True, disable=hidden, speed_estimate_period=7200)
