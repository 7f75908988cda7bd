"""The scenario engine: tasks to trials to a backend's session, in the same order on every backend.

For each task: train its samples, sleep if the scenario does, test all tasks. The learned arrays of the whole network
are kept by the course; a session is given those it knows, runs, and gives them back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from neurosim.backend.contract import Session
from neurosim.errors import SpecError
from neurosim.model.network import Network
from neurosim.program.lower import lower
from neurosim.program.precision import Grid
from neurosim.program.program import Program
from neurosim.program.schedule import Array
from neurosim.results.result import Result, Stage
from neurosim.scenario import datasets, pretraining, replay, streams
from neurosim.scenario.course import Course
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.equilibrium import Equilibrium
from neurosim.scenario.events import Listener
from neurosim.scenario.gating import EngramGate
from neurosim.scenario.gradient import Gradient
from neurosim.scenario.method import Method
from neurosim.scenario.spec import ClassIncrementalStream, EquilibriumTable, Scenario
from neurosim.scenario.streams import Task

OpenSession = Callable[[Program], Session]
"""How the engine gets a session for a program: ``backend.compile``, or what compares several."""


def tasks_of(scenario: Scenario, data: Dataset) -> list[Task]:
    """The tasks of a scenario, the same for every backend and seed."""
    if isinstance(scenario.stream, ClassIncrementalStream):
        s = scenario.stream
        return streams.class_incremental(data, s.increment, s.class_order, s.initial_increment)
    return streams.joint(data)


def load_data(scenario: Scenario, folder: Path | None = None) -> Dataset:
    """The data of a scenario, split; `folder` holds data sets, as in `datasets.load`."""
    return datasets.load(**scenario.data.model_dump(), folder=folder)


def method_of(scenario: Scenario) -> Method:
    """How the scenario trains."""
    gated = scenario.gates.populations if scenario.gates else ()
    table = scenario.training or scenario.pretraining
    if table is None:
        raise SpecError("'training' is missing")
    return Equilibrium(table, gated) if isinstance(table, EquilibriumTable) else Gradient(table, gated)


def programs(scenario: Scenario, network: Network, data: Dataset | None = None) -> dict[str, Program]:
    """The wake program, and that of sleep if there is any.

    Sleep is always on a grid, so that its spikes are equal everywhere: one ulp more would decide over a spike.
    """
    precision = scenario.scenario.precision.precision()
    found = {"wake": lower(network, method_of(scenario).schedule(network, data), "wake", precision)}
    if scenario.sleep is not None:
        schedule = replay.schedule(network, scenario.sleep.input, scenario.sleep.steps)
        found["sleep"] = lower(network, schedule, "sleep", precision if isinstance(precision, Grid) else Grid())
    return found


def check(scenario: Scenario) -> None:
    """Raise what is wrong with a scenario before any data are loaded or a backend is asked."""
    network = scenario.build_network()
    method_of(scenario).check(network, None)
    programs(scenario, network)


def check_with_data(scenario: Scenario, data: Dataset, part: str = "test") -> None:
    """Refuse data that the method or a population does not fit, and tasks without a sample to train or test on."""
    network, tasks = scenario.build_network(), tasks_of(scenario, data)
    method_of(scenario).check(network, data)
    if scenario.pretraining is not None:
        Gradient(scenario.pretraining).check(network, data)
    if scenario.training is None and len(tasks) > 1:
        raise SpecError(f"'training' is missing: [pretraining] trains the first of {len(tasks)} tasks")
    for task, used in ((t, p) for t in tasks for p in ("train", part)):
        if not len(task.part(used)):
            raise SpecError(f"data: no sample of classes {list(task.classes)} in the part '{used}'; make it larger")


def run(
    scenario: Scenario,
    open_session: OpenSession,
    seed: int = 0,
    *,
    part: str = "test",
    listener: Listener | None = None,
    data: Dataset | None = None,
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

    Raises
    ------
    NeurosimError
        Whatever the description or the backend refuses.
    """
    start = time.perf_counter()
    data = data or load_data(scenario)
    check_with_data(scenario, data, part)
    course = begin(scenario, data, seed, listener)
    with ExitStack() as stack:
        for mode, program in course.programs.items():
            course.sessions[mode] = stack.enter_context(open_session(program))
        matrix, stages = _through(course, method_of(scenario), part)
    records = course.last
    return Result(
        scenario=scenario.scenario.name,
        seed=seed,
        backend=records.backend,
        mode=records.mode,
        kind=records.kind,
        versions=records.versions,
        part=part,
        classes=tuple(t.classes for t in course.tasks),
        accuracy_matrix=matrix,
        samples=tuple(len(t.part(part)) for t in course.tasks),
        stages=tuple(stages),
        seconds=time.perf_counter() - start,
    )


def begin(scenario: Scenario, data: Dataset, seed: int, listener: Listener | None = None) -> Course:
    """A course before its first task, without sessions."""
    network = scenario.build_network()
    return Course(
        scenario=scenario,
        network=network,
        data=data,
        tasks=tasks_of(scenario, data),
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


def _through(course: Course, method: Method, part: str) -> tuple[Array, list[Stage]]:
    """Train, sleep and test, task by task; the accuracy matrix and the stages."""
    course.listener.before_scenario(course.tasks)
    rows = []
    stages: list[Stage] = []

    def finish(stage: Stage) -> None:
        stages.append(stage)
        course.listener.after_stage(stage)

    for task in course.tasks:
        course.listener.before_task(task)
        if task.index == 0 and course.scenario.pretraining is not None:
            finish(pretraining.first_task(course, task, course.scenario.pretraining))
        else:
            finish(method.train(course, task))
        if course.scenario.sleep is not None:
            finish(replay.sleep(course, task, course.scenario.sleep))
        accuracies, tested = _tested(course, method, task, part)
        rows.append(accuracies)
        if tested.spikes:
            finish(tested)
        course.listener.after_task(task, accuracies)
    return np.array(rows), stages


def _tested(course: Course, method: Method, task: Task, part: str) -> tuple[list[float], Stage]:
    """Accuracy on each task, and the spikes of the tests."""
    samples = np.concatenate([t.part(part) for t in course.tasks])
    trials, constants = method.trials(course, samples)
    records, ledger = course.run("wake", trials, constants, False, "test")
    right = method.scores(records).argmax(axis=1) == course.data.labels[samples]
    ends = np.cumsum([len(t.part(part)) for t in course.tasks])
    accuracies = [float(r.mean()) for r in np.split(right, ends[:-1])]
    return accuracies, course.stage(task, "tested", records, ledger, trials.count)
