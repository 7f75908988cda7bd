"""The moments of a scenario run at which something can listen: progress bars, recorders, search."""

from __future__ import annotations

from neurosim.results.result import Stage
from neurosim.scenario.streams import Task


class Listener:
    """Told what happens; override what is of interest."""

    def before_scenario(self, tasks: list[Task]) -> None:
        """The tasks are known, nothing has run."""

    def before_task(self, task: Task) -> None:
        """Training on a task is about to start."""

    def progress(self, what: str, done: int, total: int) -> None:
        """Trials done of a run: ``what`` is "train", "record", "sleep" or "test"."""

    def after_stage(self, stage: Stage) -> None:
        """A task was trained, or slept on."""

    def after_task(self, task: Task, accuracies: list[float]) -> None:
        """All tasks were tested; their accuracies in order."""


class SearchListener:
    """Told how a search of settings goes; override what is of interest."""

    def before_search(self, done: int, best: float | None, trials: int) -> None:
        """Of so many trials some have ended in earlier processes, with this best accuracy."""

    def within_trial(self, share: float) -> None:
        """The share of a trial that has run."""

    def after_trial(self, done: int, best: float | None) -> None:
        """A trial has ended, as `done` of the search have now; the best accuracy so far."""
