"""The scenario engine: tasks to trials to a backend's session, in the same order on every backend.

A run is a list of phases: of each task train its samples, sleep if the scenario does, test all tasks. The learned
arrays of the whole network are kept by the course; a session is given those it knows, runs, and gives them back. What a
phase draws follows from the seed and the task alone, so a run goes on after any phase from the learned arrays and the
method's state.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from neurosim.backend.contract import Session
from neurosim.edges.values import whole_number
from neurosim.errors import InputError, SpecError
from neurosim.model.network import Network
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import FixedPoint, Grid
from neurosim.program.program import Program
from neurosim.results import counts, memory
from neurosim.results.checkpoint import Checkpoint, Origin
from neurosim.results.result import Result
from neurosim.scenario import datasets, footprint, streams
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.gating import EngramGate
from neurosim.scenario.listeners.checkpoint_store import CheckpointStore, NoCheckpoints
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.methods import pretraining
from neurosim.scenario.methods.base import Method
from neurosim.scenario.methods.equilibrium import Equilibrium
from neurosim.scenario.methods.gradient import Gradient, load_trainer, trains_by_gradients
from neurosim.scenario.methods.latent_replay import LatentReplay
from neurosim.scenario.run_state import RunState
from neurosim.scenario.schema import EquilibriumTable, LatentReplayTable, Scenario, SleepTable
from neurosim.scenario.sleep import replay, threshold_scaling
from neurosim.scenario.streams import SampleRefs, Task

OpenSession = Callable[[Program], Session]
"""How the engine gets a session for a program: ``backend.compile``, or what compares several."""

Phase = tuple[Task, Callable[[], Checkpoint]]
"""A task, and what is done with it: train, sleep, or test."""


def tasks_of(scenario: Scenario, data: Dataset) -> list[Task]:
    """The tasks of a scenario, the same for every backend and seed."""
    footprint.check_tasks(scenario)
    return scenario.stream.build(data)


def load_data(scenario: Scenario, folder: Path | None = None) -> Dataset:
    """The data of a scenario, split; `folder` holds data sets, as in `datasets.load`."""
    return datasets.load(**scenario.data.model_dump(), folder=folder)


def method_of(scenario: Scenario) -> Method:
    """How the scenario trains."""
    gated = scenario.gates.populations if scenario.gates else ()
    table = scenario.training or scenario.pretraining
    if table is None:
        raise SpecError("'training' is missing")
    if isinstance(table, LatentReplayTable):
        return LatentReplay(table, scenario)
    return Equilibrium(table, gated) if isinstance(table, EquilibriumTable) else Gradient(table, gated)


def programs(scenario: Scenario, network: Network, data: Dataset | None = None) -> dict[str, Program]:
    """The wake program, and that of sleep if there is any.

    Sleep always has exact sums, so that its spikes are equal everywhere: one ulp more would decide over a spike.
    """
    precision = scenario.scenario.precision.precision()
    exact = precision if isinstance(precision, (Grid, FixedPoint)) else Grid()
    awake = method_of(scenario).schedule(network, data)
    if scenario.sleep is not None and scenario.sleep.scales == "data":
        awake = threshold_scaling.recording(awake, network, scenario.sleep.input)
    found = {"wake": lower(network, awake, "wake", precision)}
    if scenario.sleep is not None:
        schedule = replay.schedule(network, scenario.sleep.input, scenario.sleep.steps_after(0))
        found["sleep"] = lower(network, schedule, "sleep", exact)
    return found


def check(scenario: Scenario) -> None:
    """Raise what is wrong with a scenario before any data are loaded or a backend is asked."""
    footprint.check_sizes(scenario)
    network = scenario.build_network()
    method_of(scenario).check(network, None)
    programs(scenario, network)
    scenario.backends()


def check_with_data(scenario: Scenario, data: Dataset, part: str = "test") -> None:
    """Refuse data that the method or a population does not fit, and tasks without a sample to train or test on."""
    tasks = tasks_of(scenario, data)
    network = scenario.build_network()
    lowered = programs(scenario, network, data)
    _check_parts(scenario, network, lowered, streams.labelled(data, tasks), tasks, part)


def _check_parts(
    scenario: Scenario,
    network: Network,
    programs: Mapping[str, Program],
    data: Dataset,
    tasks: list[Task],
    part: str,
) -> None:
    """`check_with_data` of what a scenario makes; the data are labelled as the tasks have them."""
    method_of(scenario).check(network, data)
    if scenario.pretraining is not None:
        Gradient(scenario.pretraining).check(network, data)
    if scenario.training is None and len(tasks) > 1:
        raise SpecError(f"'training' is missing: [pretraining] trains the first of {len(tasks)} tasks")
    if scenario.sleep is not None:
        replay.check(scenario.sleep, len(tasks), data)
    for task, used in ((t, p) for t in tasks for p in ("train", part)):
        if not len(task.part(used)):
            raise SpecError(f"data: no sample of classes {list(task.classes)} in the part '{used}'; make it larger")
    footprint.check_course(scenario, programs, data, tasks)


def run(
    scenario: Scenario,
    open_session: OpenSession,
    seed: int = 0,
    *,
    part: str = "test",
    listener: Listener | None = None,
    data: Dataset | None = None,
    checkpoints: CheckpointStore | None = None,
) -> Result:
    """Run a scenario on one backend.

    Parameters
    ----------
    open_session
        Gives a session for a program; called once for each mode.
    seed
        Of the streams ``weights``, ``order``, ``gate``, ``rehearsal`` and ``sleep``.
    part
        The part of the data to test on: "test", or "validation" while settings are chosen.
    keeper
        Keeps each phase that ends, and has those that ended in an earlier process, which are not run again.

    Raises
    ------
    NeurosimError
        Whatever the description or the backend refuses, or the keeper cannot keep.
    """
    start = time.perf_counter()
    seed = whole_number(seed, "seed =", least=0)
    data = data or load_data(scenario)
    run_state = begin(scenario, data, seed, listener)
    _check_parts(scenario, run_state.network, run_state.programs, run_state.data, run_state.tasks, part)
    method = method_of(scenario)
    done = _through(
        run_state, method, phases(run_state, method, part), open_session, checkpoints or NoCheckpoints(), start
    )
    origin = done[-1].origin
    assert origin is not None, "the last phase tests"
    return Result(
        scenario=scenario.scenario.name,
        seed=seed,
        backend=origin.backend,
        mode=origin.mode,
        kind=origin.kind,
        versions=origin.versions,
        part=part,
        classes=tuple(t.classes for t in run_state.tasks),
        accuracy_matrix=np.array([c.accuracies for c in done if c.accuracies]),
        samples=tuple(len(t.part(part)) for t in run_state.tasks),
        stages=tuple(c.stage for c in done if c.is_stage_of_result),
        seconds=done[-1].elapsed,
        counts=counts.by_kind(c.stage for c in done),
        peak_memory=memory.peak(),
    )


def begin(scenario: Scenario, data: Dataset, seed: int, listener: Listener | None = None) -> RunState:
    """A course before its first task, without sessions."""
    footprint.check_sizes(scenario)
    network, tasks = scenario.build_network(), tasks_of(scenario, data)
    return RunState(
        scenario=scenario,
        network=network,
        data=streams.labelled(data, tasks),
        tasks=tasks,
        seed=seed,
        listener=listener or Listener(),
        programs=programs(scenario, network, data),
        gates=_gates(scenario, network, data, seed),
        learned=scenario.initial_weights(network, seed),
    )


def _gates(scenario: Scenario, network: Network, data: Dataset, seed: int) -> dict[str, EngramGate]:
    """The gate of each gated population."""
    table = scenario.gates
    if table is None:
        return {}
    return {p: table.build(seed, p, data.units, network.population(p, "[gates]").size) for p in table.populations}


def phases(run_state: RunState, method: Method, part: str) -> list[Phase]:
    """What a run does, in its order."""
    found: list[Phase] = []
    for task in run_state.tasks:
        found.append((task, partial(_train, run_state, method, task)))
        if run_state.scenario.sleep is not None:
            found.append((task, partial(_sleep, run_state, method, run_state.scenario.sleep, task)))
        found.append((task, partial(_test, run_state, method, task, part)))
    return found


def _through(
    run_state: RunState,
    method: Method,
    whole: list[Phase],
    open_session: OpenSession,
    checkpoints: CheckpointStore,
    start: float,
) -> list[Checkpoint]:
    """Run the phases that the keeper does not have yet; what all of them left behind."""
    done = _restored(run_state, method, checkpoints)
    before = done[-1].elapsed if done else 0.0
    remaining = whole[len(done) :]
    if remaining and trains_by_gradients(run_state.scenario):
        load_trainer()  # whether it is there is known before anything is compiled
    run_state.listener.before_scenario(run_state.tasks)
    with ExitStack() as stack:
        for mode, program in run_state.programs.items() if remaining else ():
            run_state.sessions[mode] = stack.enter_context(open_session(program))
        at = -1
        for task, phase in remaining:
            if task.index != at:
                at = task.index
                run_state.listener.before_task(task)
            left = replace(phase(), elapsed=before + time.perf_counter() - start)
            checkpoints.keep(left, method.state())
            done.append(left)
            _tell(run_state.listener, task, left)
    return done


def _restored(run_state: RunState, method: Method, checkpoints: CheckpointStore) -> list[Checkpoint]:
    """The phases that are done; course and method are then as the last of them left them."""
    done, state = checkpoints.restored()
    if done:
        found = done[-1].stage.learned
        if {n: a.shape for n, a in found.items()} != {n: a.shape for n, a in run_state.learned.items()}:
            raise InputError("what the run had learned is not of the network of its scenario; run the scenario anew")
        run_state.learned = {n: found[n].copy() for n in run_state.learned}
        method.restore(state)
    return list(done)


def _tell(listener: Listener, task: Task, left: Checkpoint) -> None:
    if left.is_stage_of_result:
        listener.after_stage(left.stage)
    if left.accuracies:
        listener.after_task(task, list(left.accuracies))


def _train(run_state: RunState, method: Method, task: Task) -> Checkpoint:
    if task.index == 0 and run_state.scenario.pretraining is not None:
        return Checkpoint(pretraining.first_task(run_state, task, run_state.scenario.pretraining))
    return Checkpoint(method.train(run_state, task))


def _sleep(run_state: RunState, method: Method, table: SleepTable, task: Task) -> Checkpoint:
    scaled = threshold_scaling.thresholds(run_state, task, method) if table.scales == "data" else {}
    return Checkpoint(replay.sleep(run_state, task, table, scaled))


def _test(run_state: RunState, method: Method, task: Task, part: str) -> Checkpoint:
    """Accuracy on each task, and the spikes of the tests."""
    shown = SampleRefs.joined([t.shows(t.part(part)) for t in run_state.tasks])
    trials, constants = method.trials(run_state, shown)
    records, ledger = run_state.run("wake", trials, constants, False, "test")
    right = method.scores(records).argmax(axis=1) == run_state.labels(shown)
    ends = np.cumsum([len(t.part(part)) for t in run_state.tasks])
    accuracies = tuple(float(r.mean()) for r in np.split(right, ends[:-1]))
    origin = Origin(records.backend, records.mode, records.kind, records.versions)
    return Checkpoint(run_state.stage(task, "tested", records, ledger, trials.count), accuracies, origin)
