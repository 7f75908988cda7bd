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
        """Trials done of a run: ``what`` is "train", "sleep" or "test"."""

    def after_stage(self, stage: Stage) -> None:
        """A task was trained, or slept on."""

    def after_task(self, task: Task, accuracies: list[float]) -> None:
        """All tasks were tested; their accuracies in order."""
