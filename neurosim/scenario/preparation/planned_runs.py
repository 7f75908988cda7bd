"""The runs of a scenario on its backend, in their order, known before any of them begins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neurosim.device.board.probing.dry_run import PlannedRun
from neurosim.program.constants import length_of
from neurosim.scenario.methods.equilibrium import Equilibrium
from neurosim.scenario.methods.latent_replay import LatentReplay
from neurosim.scenario.preparation.prepared import Prepared
from neurosim.scenario.run_state import RunState
from neurosim.scenario.streams import Task


def planned_runs(prepared: Prepared) -> Iterator[PlannedRun]:
    """Yield what the backend runs; a task that is learned by gradients is learned elsewhere.

    A sleep that is kept now and then is run in more pieces than one.
    """
    run_state, sleep = prepared.begin(), prepared.scenario.sleep
    awake = prepared.programs["wake"]
    a_sample = prepared.tasks[0].shows(prepared.tasks[0].train)[np.arange(1)]
    _, constants = prepared.method.trials(run_state, a_sample)
    lengths = zip((str(length_of(p.name)) for p in awake.phases), awake.lengths, strict=True)
    tested = tuple(int(constants.get(name, length)) for name, length in lengths)
    each_test = sum(len(t.part(prepared.part)) for t in prepared.tasks)
    for task in prepared.tasks:
        trials, learns = _trained(prepared, run_state, task)
        if trials:
            yield PlannedRun("train", "wake", trials, awake.lengths if learns else tested, learns)
        if sleep is not None:
            if sleep.scales == "data":
                seen = sum(len(t.train) for t in prepared.tasks[: task.index + 1])
                yield PlannedRun("sleep", "wake", seen, tested, False)
            yield PlannedRun("sleep", "sleep", 1, (sleep.steps_after(task.index),), True)
        yield PlannedRun("test", "wake", each_test, tested, False)


def _trained(prepared: Prepared, run_state: RunState, task: Task) -> tuple[int, bool]:
    """Return how many trials the backend runs to train a task, and whether rules fire in them."""
    method = prepared.method
    if task.index == 0 and prepared.scenario.pretraining is not None:
        return 0, False
    if isinstance(method, Equilibrium):
        return len(run_state.samples(task)) * method.table.epochs, True
    if isinstance(method, LatentReplay):
        shown_again = method.drawn(run_state, prepared.tasks[0]) if task.index == 1 else ()
        return len(task.train) + len(shown_again), False
    return 0, False
