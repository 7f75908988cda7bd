"""The share of a run that is done: a task counts as one, and its training, sleep and test count as parts of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurosim.scenario.listeners.events import Listener, RunPhase

if TYPE_CHECKING:
    from neurosim.results.result import Stage
    from neurosim.scenario.streams import Task

BEFORE = {RunPhase.TRAIN: 0.0, RunPhase.RECORD: 0.0, RunPhase.SLEEP: 0.6, RunPhase.TEST: 0.9}
"""The share of a task that is done when a phase of it begins."""

OF_TASK = {RunPhase.TRAIN: 0.6, RunPhase.RECORD: 0.0, RunPhase.SLEEP: 0.3, RunPhase.TEST: 0.1}
"""The share of a task that each phase of it takes; recording counts for nothing."""


class ProgressListener(Listener):
    """Computes the share of a run that is done and names its stage; override `tell`."""

    def __init__(self) -> None:
        self._tasks, self._task, self._share = 1, 0, 0.0

    def tell(self, share: float, stage: str) -> None:
        """A share from 0 to 1 of the run is done; `stage` is like ``"task 2, sleep"``."""

    def note(self, text: str) -> None:
        """The run says something that matters even if it comes to no end, such as where it is kept."""

    def before_scenario(self, tasks: list[Task]) -> None:
        """Each of the tasks is an equal share of the run."""
        self._tasks = len(tasks)

    def before_task(self, task: Task) -> None:
        """The parts that follow are those of this task."""
        self._task = task.index

    def progress(self, phase: RunPhase, done: int, total: int) -> None:
        """Tell the share that is done, from the trials done of a phase of the task."""
        within = BEFORE[phase] + OF_TASK[phase] * done / max(total, 1)
        self._share = (self._task + within) / self._tasks
        self.tell(self._share, f"task {self._task + 1}, {phase}")

    def after_stage(self, stage: Stage) -> None:
        """Tell that the task was trained, or slept on."""
        self.tell(self._share, f"task {stage.task + 1}, {stage.kind}")
