"""A run in TensorBoard: scalars of each task, written while the run goes on, or from the directory of one that ended.

They are over the number of the task, from 1: ``accuracy/task_J`` of each task, ``average_accuracy`` of those so far,
``sleep/spikes`` that were recorded asleep, and ``seconds/trained``, ``seconds/slept`` without compiling.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.edges.foreign_errors import border
from neurosim.edges.optional_packages import TRACK, needed
from neurosim.results.result import Stage, StageKind
from neurosim.results.store.reading import read
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.streams import Task

WHAT = "TensorBoard (--track)"


class TensorBoardListener(Listener):
    """Writes the scalars of one run.

    Parameters
    ----------
    writer
        A ``tensorboardX.SummaryWriter``, or what has its methods `add_scalar` and `flush`.
    """

    def __init__(self, writer: Any):
        self._writer = writer

    def after_stage(self, stage: Stage) -> None:
        """Write the seconds of a stage, and of a sleep its spikes."""
        self._write(f"seconds/{stage.kind}", stage.seconds, stage.task)
        if stage.kind == StageKind.SLEPT and "spikes" in stage.counts:
            self._write("sleep/spikes", stage.counts["spikes"], stage.task)

    def after_task(self, task: Task, accuracies: list[float]) -> None:
        """Write the accuracy of each task, and their average up to this one."""
        self.tested(task.index, accuracies)

    def tested(self, task: int, accuracies: list[float]) -> None:
        """Write what `after_task` does, of a task by its number from 0."""
        for j, accuracy in enumerate(accuracies):
            self._write(f"accuracy/task_{j + 1}", accuracy, task)
        self._write("average_accuracy", float(np.mean(accuracies[: task + 1])), task)
        self._writer.flush()

    def _write(self, tag: str, value: float, task: int) -> None:
        self._writer.add_scalar(tag, value, task + 1)


def check_installed() -> None:
    """Refuse to begin without what writes the files.

    Raises
    ------
    BackendUnavailable
        If it is not installed.
    """
    with needed(TRACK, WHAT):
        import tensorboardX  # noqa: F401


@contextmanager
def tracking(folder: Path | None) -> Iterator[Listener]:
    """Yield a listener that writes files of TensorBoard into a folder; one that does nothing where there is none.

    Raises
    ------
    BackendUnavailable
        If tensorboardX is not installed.
    InputError
        If the folder cannot be written to.
    """
    if folder is None:
        yield Listener()
        return
    with needed(TRACK, WHAT):
        from tensorboardX import SummaryWriter
    with border(f"--track {folder}: cannot be written to"):
        writer = SummaryWriter(str(folder))
    try:
        yield TensorBoardListener(writer)
    finally:
        writer.close()


def write_kept(run_directory: Path, folder: Path) -> None:
    """Write what a run that has ended would have written while it ran.

    Raises
    ------
    BackendUnavailable
        If tensorboardX is not installed.
    InputError
        If there is no result of a run, or the folder cannot be written to.
    """
    result = read(run_directory)
    with tracking(folder) as listener:
        assert isinstance(listener, TensorBoardListener), "there is a folder"
        for task, accuracies in enumerate(result.accuracy_matrix.tolist()):
            for stage in result.stages:
                if stage.task == task:
                    listener.after_stage(stage)
            listener.tested(task, accuracies)
