"""Progress bars on a terminal, with an estimate of the time left; the bar of a run appears after two seconds."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from neurosim.scenario.listeners.events import SearchListener
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.runs.submit.parallel import JobsListener

DELAY = 2.0
"""Seconds before a bar appears."""

Drawn = TypeVar("Drawn", bound="_DrawnLater")


class _DrawnLater:
    """A context in which a bar is drawn after a while."""

    _start: _Delayed

    def __enter__(self: Drawn) -> Drawn:
        self._start.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._start.end()


class Progress(_DrawnLater, ProgressListener):
    """Listens to a run and draws the share of it that is done.

    Parameters
    ----------
    what
        The text beside the bar.
    console
        Where to draw; nothing is drawn unless it is a terminal.
    """

    def __init__(self, what: str, console: Console):
        super().__init__()
        self._bar = _bar(console, *_columns_of_a_run())
        self._row = self._bar.add_task(what, total=None, stage="compile")
        self._start = _Delayed(self._bar)

    def tell(self, share: float, stage: str) -> None:
        """Draw the share and the stage."""
        self._bar.update(self._row, total=1.0, completed=share, stage=stage)

    def say(self, stage: str) -> None:
        """Draw the name of what is being done."""
        self._bar.update(self._row, stage=stage)


class JobsProgress(_DrawnLater, JobsListener):
    """Listens to jobs side by side and draws a line for each that is under way, and one for all of them.

    Parameters
    ----------
    names
        The names of the jobs, in their order.
    console
        Where to draw; nothing is drawn unless it is a terminal.
    """

    def __init__(self, names: Sequence[str], console: Console):
        self._names = names
        self._bar = _bar(console, *_columns_of_a_run())
        self._rows: dict[int, TaskID] = {}
        self._shares = dict.fromkeys(range(len(names)), 0.0)
        self._ended = 0
        self._all = self._bar.add_task("all runs", total=float(len(names)), stage=self._how_many())
        self._start = _Delayed(self._bar)

    def hidden(self) -> AbstractContextManager[None]:
        """A context in which no bar is drawn, so that something else can be printed."""
        return self._start.paused()

    def begun(self, job: int) -> None:
        """Add a line for the job."""
        self._rows[job] = self._bar.add_task(self._names[job], total=None, stage="compile")

    def progress(self, job: int, share: float, stage: str) -> None:
        """Draw the share and the stage of the job, and the share of all jobs."""
        self._bar.update(self._rows[job], total=1.0, completed=share, stage=stage)
        self._shares[job] = share
        self._draw_all()

    def again(self, job: int, why: str) -> None:
        """Print that the job is tried once more."""
        self._bar.console.print(f"{self._names[job]}: {why}; it is tried once more", soft_wrap=True, markup=False)

    def ended(self, job: int) -> None:
        """Remove the line of the job."""
        self._bar.remove_task(self._rows.pop(job))
        self._shares[job] = 1.0
        self._ended += 1
        self._draw_all()

    def _draw_all(self) -> None:
        self._bar.update(self._all, completed=sum(self._shares.values()), stage=self._how_many())

    def _how_many(self) -> str:
        return f"{self._ended} of {len(self._names)}"


class SearchProgress(SearchListener):
    """Listens to a search of settings and draws how many trials have ended, the best so far, and the time left.

    Parameters
    ----------
    what
        The text beside the bar.
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
        """Begin to draw, with the trials of earlier processes done."""
        self._bar.update(self._row, total=float(trials))
        self._bar.start()
        self.after_trial(done, best)

    def within_trial(self, share: float) -> None:
        """Draw the share of the trial that has run."""
        self._bar.update(self._row, completed=self._ended + share)

    def after_trial(self, done: int, best: float | None) -> None:
        """Draw the trials that have ended, and the best accuracy."""
        self._ended = done
        self._bar.update(self._row, completed=float(done), ended=done, best="-" if best is None else f"{best:.1%}")


class _Delayed:
    """Starts a bar after a while, unless what it draws has ended by then."""

    def __init__(self, bar: Bar):
        self._bar = bar
        self._lock = threading.Lock()
        self._timer = threading.Timer(DELAY, self._start)
        self._timer.daemon = True

    def begin(self) -> None:
        self._timer.start()

    def _start(self) -> None:
        with self._lock:
            self._bar.start()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """A context in which the bar is off the screen, and does not appear."""
        with self._lock:
            drawn = self._bar.live.is_started
            self._bar.stop()
            try:
                yield
            finally:
                if drawn:
                    self._bar.start()

    def end(self) -> None:
        self._timer.cancel()
        self._timer.join()
        self._bar.stop()


class _Bar(Bar):
    """A bar of a terminal that may be closed before it stops."""

    def stop(self) -> None:
        with suppress(OSError):
            super().stop()


def _columns_of_a_run() -> tuple[ProgressColumn, ...]:
    return (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[stage]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )


def _bar(console: Console, *columns: ProgressColumn) -> Bar:
    """A bar that goes away when it stops, on a terminal alone.

    Training, sleep and tests differ in speed and trials take long, so it is estimated over hours, not over seconds.
    """
    hidden = not console.is_terminal
    return _Bar(*columns, console=console, transient=True, disable=hidden, speed_estimate_period=7200)
