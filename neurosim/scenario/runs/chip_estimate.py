"""The report of a scenario on a chip, from a new run or from what follows the training of a kept one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

from neurosim.backend.delivered_weights import delivered_weights
from neurosim.backend.processes.meanwhile import Meanwhile
from neurosim.chip.layers import layers_of
from neurosim.chip.limits import Chip
from neurosim.chip.mapping import place
from neurosim.chip.rules import RuleOnChip, on_chip
from neurosim.chip.weights import WeightLoss, losses
from neurosim.errors import InputError
from neurosim.model.network import Network, Projection
from neurosim.program.constants import by_key
from neurosim.program.precision import FixedPoint, LedgerEntry, WeightFormat
from neurosim.program.program import Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.results.chip_report import ChipReport
from neurosim.results.result import Result, StageKind
from neurosim.scenario import engine
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.methods import ep_schedules
from neurosim.scenario.methods.base import Method
from neurosim.scenario.methods.building import method_of
from neurosim.scenario.preparation import Prepared, footprint
from neurosim.scenario.preparation.plan import lowered, schedules_of
from neurosim.scenario.run_state import RunState
from neurosim.scenario.runs.recorded_session import Log, RecordingSession
from neurosim.scenario.schema import EquilibriumTable, Scenario


def examine(
    prepared: Prepared,
    chip: Chip,
    backend: str,
    open_session: engine.OpenSession,
    seed: int = 0,
    *,
    kept: Result | None = None,
    listener: Listener | None = None,
) -> ChipReport:
    """The report of a scenario on a chip.

    Parameters
    ----------
    backend
        The backend that `open_session` opens sessions of, ``NAME:MODE``.
    kept
        A run that has ended: only what follows its last training is run again, sleep and tests, with its weights.

    Raises
    ------
    InputError
        If the kept run is of another scenario or network.
    """
    log = Log()
    scenario, network = prepared.scenario, prepared.network
    run_state = prepared.begin(seed if kept is None else kept.seed, listener)
    rounded = _run(
        run_state, prepared.method, lambda program: RecordingSession(open_session(program), program, log), kept
    )
    schedules = schedules_of(scenario, network, prepared.method, prepared.data)
    programs = lowered(scenario.in_float64(), network, schedules)  # rules are looked at as they were written
    report = _report(scenario, network, programs, chip, run_state.learned, backend, run_state.seed)
    if _fixed_point(scenario) is not None:  # the weights are on the chip's numbers by now
        lost = tuple(replace(x, entry=rounded.get(_weight_of(x.name, network), x.entry)) for x in report.losses)
        report = replace(report, losses=lost)
    return replace(report, activities=log.activities())


def estimate(scenario: Scenario, chip: Chip, result: Result) -> ChipReport:
    """The report of a run that has ended, without its data: nothing runs, so there are no activities.

    Raises
    ------
    NeurosimError
        If the scenario has a mistake, or the run is of another network, or has no weights.
    """
    network = _network(scenario)
    schedules = schedules_of(scenario, network, method_of(scenario), None)
    programs = lowered(scenario.in_float64(), network, schedules)
    if not result.stages:
        raise InputError("the run has no stages, so no weights")
    learned = result.stages[-1].learned
    _check_shapes(learned, network)
    return _report(scenario, network, programs, chip, learned, f"{result.backend}:{result.mode}", result.seed)


def programs_of(scenario: Scenario) -> Mapping[str, Program]:
    """The program of each mode of a scenario, without its data, and without the backends that it names.

    Raises
    ------
    NeurosimError
        If the scenario has a mistake.
    """
    network = _network(scenario)
    return lowered(scenario, network, schedules_of(scenario, network, method_of(scenario), None))


def _network(scenario: Scenario) -> Network:
    footprint.check_sizes(scenario)
    return scenario.build_network()


def _report(
    scenario: Scenario,
    network: Network,
    programs: Mapping[str, Program],
    chip: Chip,
    learned: Mapping[str, Array],
    backend: str,
    seed: int,
) -> ChipReport:
    lost = losses(_delivered(programs, learned), chip, _fixed_point(scenario))
    return ChipReport(
        scenario=scenario.scenario.name,
        backend=backend,
        seed=seed,
        placement=place(layers_of(network, {x.name: x.form.bits for x in lost}), chip),
        losses=lost,
        rules={mode: _rules(scenario, network, p, chip, lost) for mode, p in programs.items()},
        activities=(),
        values=tuple((m, g.name) for m, p in programs.items() for g in p.groups if _sends_values(g.name, p)),
    )


def _fixed_point(scenario: Scenario) -> FixedPoint | None:
    precision = scenario.scenario.precision.build()
    return precision if isinstance(precision, FixedPoint) else None


def _run(
    run_state: RunState, method: Method, open_session: engine.OpenSession, kept: Result | None
) -> dict[str, LedgerEntry]:
    """Run all phases, or those after the last training of a kept run; the largest rounding of each array."""
    whole, start = engine.phases(run_state, method, "test"), 0
    if kept is not None:
        trained = next(s for s in reversed(kept.stages) if s.kind in (StageKind.TRAINED, StageKind.PRETRAINED))
        run_state.learned = _checked(trained.learned, kept, run_state)
        start = len(whole) // len(run_state.tasks) * trained.task + 1
    run_state.listener.before_scenario(run_state.tasks)
    with ExitStack() as stack:
        for mode, program in run_state.programs.items():
            run_state.sessions[mode] = stack.enter_context(open_session(program))
        meanwhile = stack.enter_context(Meanwhile(run_state.simulating))
        ahead = engine.drawn_ahead(whole[start:], meanwhile)
        entries = [entry for _, drawn in ahead for entry in drawn().stage.ledger]
    return {e.name: e for e in sorted(entries, key=lambda e: e.relative_error)}


def _weight_of(projection: str, network: Network) -> str:
    part = network[projection]
    assert isinstance(part, Projection)
    return f"{projection}.{part.synapse.weight}"


def _checked(learned: Mapping[str, Array], kept: Result, run_state: RunState) -> dict[str, Array]:
    name = run_state.scenario.scenario.name
    if kept.scenario != name:
        raise InputError(f"the kept run is of scenario '{kept.scenario}', expected '{name}'")
    _check_shapes(learned, run_state.network)
    return {n: a.copy() for n, a in learned.items()}


def _check_shapes(learned: Mapping[str, Array], network: Network) -> None:
    """Refuse the arrays of another network."""
    shapes, expected = ({n: v.shape for n, v in x.items()} for x in (learned, network.learned()))
    if shapes != expected:
        other = sorted({*shapes.items()} ^ {*expected.items()})[0][0]
        words = f"{shapes.get(other, 'none')}, expected {expected.get(other, 'none')}"
        raise InputError(f"the kept run is of another network: the shape of '{other}' is {words}")


def _delivered(programs: Mapping[str, Program], learned: Mapping[str, Array]) -> dict[str, Array]:
    """The delivered weights of each matrix; modes share them."""
    program = programs["wake"]
    return delivered_weights(Run(program, 0, {}, by_key(program.constants), False), learned)


def _rules(
    scenario: Scenario, network: Network, program: Program, chip: Chip, lost: tuple[WeightLoss, ...]
) -> tuple[RuleOnChip, ...]:
    forms, table = {x.name: x.form for x in lost}, scenario.training
    constants: dict[str, float] = {}
    if isinstance(table, EquilibriumTable) and program.mode == "wake":
        constants = ep_schedules.rule_constants(network, "wake", float(table.beta))
    return tuple(on_chip(r, program, chip, forms.get(r.owner, WeightFormat()), constants) for r in program.rules)


def _sends_values(group: str, program: Program) -> bool:
    return program.group(group).output != "spike" and any(e.source == group for e in program.edges)
