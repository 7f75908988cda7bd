"""The scenario engine: tasks to trials to a backend's session, in the same order on every backend.

For each task: train its samples, sleep if the scenario does, test all tasks. The learned arrays of the whole network
are kept here; a session is given those it knows, runs, and gives them back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import numpy as np

from neurosim.backend.contract import Records, Session
from neurosim.errors import SpecError
from neurosim.model.expressions import names_in, parse
from neurosim.model.network import Network
from neurosim.program.lower import lower
from neurosim.program.precision import Grid, LedgerEntry, quantise
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Events, Schedule, Trials
from neurosim.results.result import Result, Stage
from neurosim.scenario import datasets, replay, streams, training
from neurosim.scenario.datasets import Dataset, Indices
from neurosim.scenario.events import Listener
from neurosim.scenario.gating import EngramGate
from neurosim.scenario.randomness import stream
from neurosim.scenario.spec import ClassIncrementalStream, Scenario, SleepTable
from neurosim.scenario.streams import Task

OpenSession = Callable[[Program], Session]
"""How the engine gets a session for a program: ``backend.compile``, or what compares several."""


def tasks_of(scenario: Scenario, data: Dataset) -> list[Task]:
    """The tasks of a scenario, the same for every backend and seed."""
    if isinstance(scenario.stream, ClassIncrementalStream):
        s = scenario.stream
        return streams.class_incremental(data, s.increment, s.class_order, s.initial_increment)
    return streams.joint(data)


def load_data(scenario: Scenario) -> Dataset:
    """The data of a scenario, split."""
    d = scenario.data
    return datasets.load(d.name, d.test, d.validation, d.split_seed)


def wake_schedule(scenario: Scenario) -> Schedule:
    """The schedule of a training trial."""
    t = scenario.training
    make = {"one-sided": training.one_sided, "symmetric": training.symmetric}[t.method]
    schedule = make(t.input, t.output, t.free_steps, t.nudged_steps, float(t.beta))
    gated = scenario.gates.populations if scenario.gates else ()
    return replace(schedule, stimuli={**schedule.stimuli, **{f"{p}.gate": "constant" for p in gated}})


def programs(scenario: Scenario, network: Network) -> tuple[Program, Program | None]:
    """The wake program, and that of sleep if there is any.

    Sleep is always on a grid, so that its spikes are equal everywhere: one ulp more would decide over a spike.
    """
    precision = scenario.scenario.precision.precision()
    wake = lower(network, wake_schedule(scenario), "wake", precision)
    if scenario.sleep is None:
        return wake, None
    schedule = replay.schedule(network, scenario.sleep.input, scenario.sleep.steps)
    return wake, lower(network, schedule, "sleep", precision if isinstance(precision, Grid) else Grid())


def check(scenario: Scenario) -> None:
    """Raise what is wrong with a scenario before any data are loaded or a backend is asked."""
    network = scenario.build_network()
    model = network.population(scenario.training.output, "[training] output").model_in("wake")
    for needed in ("target", "beta"):
        if not any(needed in names_in(parse(text)) for text in model.update.values()):
            raise SpecError(
                f"[training] output: nothing would nudge {scenario.training.output}, for no equation of {model.name} "
                f"reads '{needed}'; use a RateUnit, or write the nudge as beta*(target - s)"
            )
    programs(scenario, network)


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
        Of the streams ``weights``, ``order`` and ``sleep``.
    part
        The part of the data to test on: "test", or "validation" while settings are chosen.

    Raises
    ------
    NeurosimError
        Whatever the description or the backend refuses.
    """
    data = data or load_data(scenario)
    network = scenario.build_network()
    listener = listener or Listener()
    tasks = tasks_of(scenario, data)
    _check_data(scenario, network, data, tasks, part)
    start = time.perf_counter()
    with ExitStack() as stack:
        wake_program, sleep_program = programs(scenario, network)
        wake = stack.enter_context(open_session(wake_program))
        sleep = stack.enter_context(open_session(sleep_program)) if sleep_program else None
        course = _Course(
            scenario=scenario,
            network=network,
            data=data,
            tasks=tasks,
            seed=seed,
            part=part,
            listener=listener,
            wake=wake,
            wake_program=wake_program,
            sleep=sleep,
            sleep_program=sleep_program,
            gates=_gates(scenario, network, data, seed),
            learned=scenario.initial_weights(network, seed),
        )
        matrix = course.run()
    records = course.last
    return Result(
        scenario=scenario.scenario.name,
        seed=seed,
        backend=records.backend,
        mode=records.mode,
        kind=records.kind,
        versions=records.versions,
        part=part,
        classes=tuple(t.classes for t in tasks),
        accuracy_matrix=matrix,
        samples=tuple(len(t.part(part)) for t in tasks),
        stages=tuple(course.stages),
        seconds=time.perf_counter() - start,
    )


def _check_data(scenario: Scenario, network: Network, data: Dataset, tasks: list[Task], part: str) -> None:
    """Refuse populations that the data do not fit, and tasks without a sample to test on."""
    t = scenario.training
    for name, needed, what in ((t.input, data.inputs.shape[1], "inputs"), (t.output, data.classes, "classes")):
        size = network.population(name).size
        if size != needed:
            raise SpecError(
                f"population {name} has size {size}, expected {needed}: data set {data.name} has {needed} {what}"
            )
    for task in tasks:
        if not len(task.part(part)):
            raise SpecError(f"data: no sample of classes {list(task.classes)} in the part '{part}'; make it larger")


def _gates(scenario: Scenario, network: Network, data: Dataset, seed: int) -> dict[str, EngramGate]:
    """The gate of each gated population."""
    table = scenario.gates
    if table is None:
        return {}
    inputs = data.inputs.shape[1]
    return {p: table.build(seed, p, inputs, network.population(p, "[gates]").size) for p in table.populations}


@dataclass
class _Course:
    """One pass through the tasks of a scenario: what stays the same, and what has been learned so far."""

    scenario: Scenario
    network: Network
    data: Dataset
    tasks: list[Task]
    seed: int
    part: str
    listener: Listener
    wake: Session
    wake_program: Program
    sleep: Session | None
    sleep_program: Program | None
    gates: dict[str, EngramGate]
    learned: dict[str, Array]
    last: Records = field(init=False)
    stages: list[Stage] = field(default_factory=list)

    def run(self) -> Array:
        """The accuracy matrix."""
        self.listener.before_scenario(self.tasks)
        seen = replay.MeanInput.of_nothing(self.data.inputs.shape[1])
        rows = []
        for task in self.tasks:
            self.listener.before_task(task)
            self._finish(self._train(task))
            seen = seen.with_samples(self.data.inputs[task.train])
            if self.scenario.sleep is not None:
                self._finish(self._sleep(task, self.scenario.sleep, seen))
            rows.append(self._test())
            self.listener.after_task(task, rows[-1])
        return np.array(rows)

    def _finish(self, stage: Stage) -> None:
        self.stages.append(stage)
        self.listener.after_stage(stage)

    def _train(self, task: Task) -> Stage:
        orders = [
            stream(self.seed, "order", task.index, e).permutation(task.train)
            for e in range(self.scenario.training.epochs)
        ]
        constants = training.rule_constants(self.network, "wake", float(self.scenario.training.beta))
        samples = np.concatenate(orders)
        drawn = {
            f"{p}.gate": gate.drawn(self.data.inputs[samples], stream(self.seed, "gate", p, "draw", task.index))
            for p, gate in self.gates.items()
        }
        trials = self._trials(samples, drawn)
        records, ledger = self._run(self.wake, self.wake_program, trials, constants, True, "train")
        return self._stage(task, "trained", records, ledger, trials.count)

    def _sleep(self, task: Task, table: SleepTable, seen: replay.MeanInput) -> Stage:
        assert self.sleep is not None
        assert self.sleep_program is not None
        steps = table.steps_after(task.index)
        events = replay.spikes(seen.mean, float(table.rate), steps, stream(self.seed, "sleep", task.index))
        trials = Trials({self.sleep_program.stimuli[0][0]: events})
        records, ledger = self._run(self.sleep, self.sleep_program, trials, {"steps.sleep": steps}, True, "sleep")
        return self._stage(task, "slept", records, ledger, trials.count)

    def _test(self) -> list[float]:
        """Accuracy on each task."""
        samples = np.concatenate([t.part(self.part) for t in self.tasks])
        constants = training.inference(wake_schedule(self.scenario))
        expected = {f"{p}.gate": gate.expected(self.data.inputs[samples]) for p, gate in self.gates.items()}
        trials = self._trials(samples, expected)
        records, _ = self._run(self.wake, self.wake_program, trials, constants, False, "test")
        output = next(iter(records.probes.values()))
        assert not isinstance(output, Events)
        right = output.argmax(axis=1) == self.data.labels[samples]
        ends = np.cumsum([len(t.part(self.part)) for t in self.tasks])
        return [float(r.mean()) for r in np.split(right, ends[:-1])]

    def _trials(self, samples: Indices, gates: Mapping[str, Array]) -> Trials:
        t = self.scenario.training
        targets = np.eye(self.network.population(t.output).size)[self.data.labels[samples]]
        return Trials({f"{t.input}.s": self.data.inputs[samples], f"{t.output}.target": targets, **gates})

    def _run(
        self, session: Session, program: Program, trials: Trials, constants: Mapping[str, float], learn: bool, what: str
    ) -> tuple[Records, list[LedgerEntry]]:
        known = {n: a for n, a in self.learned.items() if n in program.shapes()}
        rounded, ledger = quantise(known, program)
        session.write(rounded)
        self.last = session.run(
            trials,
            constants=constants,
            learn=learn,
            progress=lambda done, total: self.listener.progress(what, done, total),
        )
        self.learned = {**self.learned, **session.read()}
        return self.last, ledger

    def _stage(self, task: Task, kind: str, records: Records, ledger: list[LedgerEntry], trials: int) -> Stage:
        spikes = {n: p for n, p in records.probes.items() if isinstance(p, Events)}
        seconds = records.timing.wall - records.timing.build
        learned = {n: a.copy() for n, a in self.learned.items()}
        return Stage(task.index, kind, learned, spikes, tuple(ledger), trials, records.timing.steps, seconds)
