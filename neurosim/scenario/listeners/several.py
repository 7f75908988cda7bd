"""One listener in the place of several."""

from __future__ import annotations

from neurosim.results.result import Stage
from neurosim.scenario.listeners.events import Listener, RunPhase
from neurosim.scenario.streams import Task


class SeveralListeners(Listener):
    """Hands each event to all of them, in their order."""

    def __init__(self, *listeners: Listener):
        self._listeners = listeners

    def before_scenario(self, tasks: list[Task]) -> None:
        """Hand it on."""
        for listener in self._listeners:
            listener.before_scenario(tasks)

    def before_task(self, task: Task) -> None:
        """Hand it on."""
        for listener in self._listeners:
            listener.before_task(task)

    def progress(self, phase: RunPhase, done: int, total: int) -> None:
        """Hand it on."""
        for listener in self._listeners:
            listener.progress(phase, done, total)

    def after_stage(self, stage: Stage) -> None:
        """Hand it on."""
        for listener in self._listeners:
            listener.after_stage(stage)

    def after_task(self, task: Task, accuracies: list[float]) -> None:
        """Hand it on."""
        for listener in self._listeners:
            listener.after_task(task, accuracies)
