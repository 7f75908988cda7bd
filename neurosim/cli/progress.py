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
from rich.table import Column

from neurosim.scenario.listeners.events import SearchListener
from neurosim.scenario.listeners.progress_listener import ProgressListener
from neurosim.scenario.runs.submit.jobs import JobsListener

DELAY = 2.0
"""Seconds before a bar appears."""

LABEL = 20
"""The most characters beside a bar of a search, so that all the rest has room in 60 columns."""

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
    """Listens to a search of settings and draws a line for each run that is under way, and one for all.

    That says how many trials have ended, the best so far, and the time left.

    Parameters
    ----------
    what
        The text beside the bar.
    seeds
        How many runs a trial has.
    console
        Where to draw; nothing is drawn unless it is a terminal.
    """

    def __init__(self, what: str, seeds: int, console: Console):
        columns = (
            TextColumn("{task.description}", table_column=Column(no_wrap=True, max_width=LABEL)),
            BarColumn(bar_width=None, table_column=Column(ratio=1)),
            TextColumn("{task.fields[stage]}", table_column=Column(no_wrap=True)),
            TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True, min_width=7, justify="right")),
            TextColumn("left"),
        )
        self._bar = _bar(console, *columns)
        self._all = self._bar.add_task(what, total=1.0, stage="")
        self._part, self._ended, self._trials, self._finals = 1.0 / seeds, 0, 0, 0
        self._shares: dict[tuple[int, int], float] = {}
        self._rows: dict[tuple[int, int], TaskID] = {}

    def __enter__(self) -> SearchProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def before_search(self, done: int, best: float | None, trials: int) -> None:
        """Begin to draw, with the trials of earlier processes done."""
        self._trials = trials
        self._bar.update(self._all, total=float(trials))
        self._bar.start()
        self.after_trial(done, best)

    def before_run(self, trial: int, seed: int) -> None:
        """Add a line for the run."""
        self._rows[trial, seed] = self._bar.add_task(f"trial {trial}, seed {seed}", total=None, stage="compile")

    def within_run(self, trial: int, seed: int, share: float, stage: str) -> None:
        """Draw the share and the stage of the run, and the share of all."""
        self._bar.update(self._rows[trial, seed], total=1.0, completed=share, stage=stage)
        self._count(trial, seed, share)

    def again(self, trial: int, seed: int, why: str) -> None:
        """Print that the run is done once more."""
        text = f"trial {trial}, seed {seed}: {why}; it is tried once more"
        self._bar.console.print(text, soft_wrap=True, markup=False)

    def after_run(self, trial: int, seed: int) -> None:
        """Remove the line of the run."""
        self._bar.remove_task(self._rows.pop((trial, seed)))
        self._count(trial, seed, 1.0)
        if self._finals:
            whole = sum(share == 1.0 for share in self._shares.values())
            self._bar.update(self._all, stage=f"finals {whole}/{self._finals},")

    def after_trial(self, done: int, best: float | None) -> None:
        """Draw the trials that have ended, and the best accuracy."""
        self._ended = done
        self._shares = {run: share for run, share in self._shares.items() if run[0] > done}
        said = "-" if best is None else f"{best:.1%}"
        self._bar.update(self._all, stage=f"{done}/{self._trials}, best {said},")
        self._draw_all()

    def before_finals(self, runs: int) -> None:
        """Begin with the runs of finalists."""
        self._part, self._ended, self._finals, self._shares = 1.0, 0, runs, {}
        self._bar.reset(self._all, total=float(runs), stage=f"finals 0/{runs},")

    def _count(self, trial: int, seed: int, share: float) -> None:
        self._shares[trial, seed] = share * self._part
        self._draw_all()

    def _draw_all(self) -> None:
        self._bar.update(self._all, completed=self._ended + sum(self._shares.values()))


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
