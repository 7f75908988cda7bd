"""Pre-training: the first task is learned by gradients on the host, or was before, and its outcome is in a file."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import neurosim
from neurosim.edges.optional_packages import TORCH
from neurosim.errors import InputError, SpecError
from neurosim.program.precision import quantise
from neurosim.program.schedule import Array
from neurosim.results import pretrained
from neurosim.results.pretrained import Pretrained
from neurosim.results.result import Stage, StageKind
from neurosim.scenario.methods.gradient import BY_GRADIENTS, Gradient
from neurosim.scenario.run_state import RunState
from neurosim.scenario.schema import PretrainingTable
from neurosim.scenario.streams import Task

MEANS = ("loss", "accuracy", "validation_loss", "validation_accuracy")
"""Of the best epoch, which are kept; those of validation only where there is some."""


def first_task(run_state: RunState, task: Task, table: PretrainingTable) -> Stage:
    """Learn the first task as the table says, or take what was learned from its file.

    Raises
    ------
    NeurosimError
        If the file cannot be read or is of another network, or nothing installed computes gradients.
    """
    if table.file is None:
        method = Gradient(table)
        return method.learn(run_state, task, method.trainer(run_state))
    run_state.learned = {**run_state.learned, **of_network(run_state, table.file)}
    learned = {n: a.copy() for n, a in run_state.learned.items()}
    return Stage(task.index, StageKind.PRETRAINED, learned, {}, (), 0, 0, 0.0)


def pretrain(run_state: RunState, table: PretrainingTable) -> Pretrained:
    """Learn the first task, even if the table names a file.

    Raises
    ------
    NeurosimError
        If no installed package computes gradients, or it fails.
    """
    method = Gradient(table)
    fitted = method.fit(run_state, run_state.tasks[0], method.trainer(run_state))
    best = {name: getattr(fitted.history[fitted.best], name) for name in MEANS}
    training = {
        "scenario": run_state.scenario.scenario.name,
        "seed": run_state.seed,
        "data": run_state.scenario.data.model_dump(),
        "classes": [int(c) for c in run_state.tasks[0].classes],
        "samples": len(run_state.samples(run_state.tasks[0])),
        "settings": table.model_dump(exclude={"file"}),
        "epochs": len(fitted.history),
        "best": {"epoch": fitted.best + 1} | {n: x for n, x in best.items() if math.isfinite(x)},
        "versions": {"neurosim": neurosim.__version__, "torch": TORCH.version(BY_GRADIENTS)},
    }
    return Pretrained(run_state.network, run_state.learned, training)


def of_network(run_state: RunState, file: str) -> dict[str, Array]:
    """The learned arrays of a file, by name and in the shapes of the network; on a grid if the wake program has one.

    Raises
    ------
    SpecError
        If the file cannot be read, or is of another network.
    """
    if run_state.scenario.starts_from_nir:
        return quantise(run_state.learned, run_state.programs["wake"])[0]
    try:
        stored = _read(file)
    except InputError as error:
        raise SpecError(f"[pretraining] file: {error}") from None
    if stored.network != run_state.network:
        raise SpecError(f"[pretraining] file: {file} is of another network than that of the scenario; pretrain again")
    return quantise(stored.learned, run_state.programs["wake"])[0]


@functools.lru_cache(maxsize=4)
def _read(file: str) -> Pretrained:
    return pretrained.read(Path(file))
