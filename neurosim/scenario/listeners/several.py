"""Several listeners to one run, as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurosim.scenario.listeners.events import Listener, RunPhase

if TYPE_CHECKING:
    from neurosim.results.result import Stage
    from neurosim.scenario.streams import Task


class SeveralListeners(Listener):
    """Calls each of its listeners in their order."""

    def __init__(self, *listeners: Listener):
        self._listeners = listeners

    def before_scenario(self, tasks: list[Task]) -> None:
        """Tell each that nothing has run."""
        for listener in self._listeners:
            listener.before_scenario(tasks)

    def before_task(self, task: Task) -> None:
        """Tell each that training on a task is about to start."""
        for listener in self._listeners:
            listener.before_task(task)

    def progress(self, phase: RunPhase, done: int, total: int) -> None:
        """Tell each how much of a phase is done."""
        for listener in self._listeners:
            listener.progress(phase, done, total)

    def after_stage(self, stage: Stage) -> None:
        """Tell each that a task was trained, or slept on."""
        for listener in self._listeners:
            listener.after_stage(stage)

    def after_task(self, task: Task, accuracies: list[float]) -> None:
        """Tell each that all tasks were tested."""
        for listener in self._listeners:
            listener.after_task(task, accuracies)
