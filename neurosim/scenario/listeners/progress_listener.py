"""How far a run is, from what its listener hears: a task counts as one, its training, sleep and test as parts of it."""

from __future__ import annotations

from neurosim.results.result import Stage
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.streams import Task

BEFORE = {"train": 0.0, "sleep": 0.6, "test": 0.9}
"""The share of a task that is done when a part of it begins."""

OF_TASK = {"train": 0.6, "sleep": 0.3, "test": 0.1}
"""The share of a task that a part of it is."""


class ProgressListener(Listener):
    """Tells the share of a run that is done, and in words what it is at; override `tell`."""

    def __init__(self) -> None:
        self._tasks, self._task, self._share = 1, 0, 0.0

    def tell(self, share: float, stage: str) -> None:
        """A share from 0 to 1 is done; `stage` is like ``"task 2, sleep"``."""

    def note(self, text: str) -> None:
        """Something that should be known even if the run comes to no end, like where it is kept."""

    def before_scenario(self, tasks: list[Task]) -> None:
        self._tasks = len(tasks)

    def before_task(self, task: Task) -> None:
        self._task = task.index

    def progress(self, what: str, done: int, total: int) -> None:
        within = BEFORE.get(what, 0.0) + OF_TASK.get(what, 0.0) * done / max(total, 1)
        self._share = (self._task + within) / self._tasks
        self.tell(self._share, f"task {self._task + 1}, {what}")

    def after_stage(self, stage: Stage) -> None:
        self.tell(self._share, f"task {stage.task + 1}, {stage.kind}")
