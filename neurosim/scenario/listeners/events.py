"""The moments of a scenario run at which something can listen: progress bars, recorders, search."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurosim.results.result import Stage
    from neurosim.scenario.streams import Task


class RunPhase(str, Enum):
    """What a run is doing for a task; what it then has done is a `StageKind`. A member is its text, which is shown."""

    TRAIN = "train"
    RECORD = "record"
    """Training by latent replay begins with it: spikes of a layer are recorded, and nothing is learned yet."""
    SLEEP = "sleep"
    TEST = "test"

    __str__ = str.__str__  # of an Enum it would be the name of the member


class Listener:
    """A run calls these methods as it goes on; override what is of interest."""

    def before_scenario(self, tasks: list[Task]) -> None:
        """The tasks are known, nothing has run."""

    def before_task(self, task: Task) -> None:
        """Training on a task is about to start."""

    def progress(self, phase: RunPhase, done: int, total: int) -> None:
        """So many trials, epochs, or steps of a long sleep, of a phase of the run are done."""

    def after_stage(self, stage: Stage) -> None:
        """A task was trained, or slept on."""

    def after_task(self, task: Task, accuracies: list[float]) -> None:
        """All tasks were tested; `accuracies` has one number in [0, 1] for each, in order."""


class SearchListener:
    """A search of settings calls these methods as it goes on; override what is of interest.

    Those of a run are called in other threads, one at a time, where runs go on side by side. A run is named by its
    trial, counted from 1, and its seed.
    """

    def before_search(self, done: int, best: float | None, trials: int) -> None:
        """A search of so many trials begins; `done` of them ended in earlier processes, with this best accuracy."""

    def before_run(self, trial: int, seed: int) -> None:
        """A run of a trial begins."""

    def within_run(self, trial: int, seed: int, share: float, stage: str) -> None:
        """A share from 0 to 1 of a run is done; `stage` is like ``"task 2, sleep"``."""

    def again(self, trial: int, seed: int, why: str) -> None:
        """The process of a run was killed, and another one does the run once more."""

    def after_run(self, trial: int, seed: int) -> None:
        """A run of a trial has ended."""

    def after_trial(self, done: int, best: float | None) -> None:
        """A trial has been told; `done` have been now, and `best` is the best accuracy so far."""

    def before_finals(self, runs: int) -> None:
        """All trials have ended, and so many runs of finalists begin."""
