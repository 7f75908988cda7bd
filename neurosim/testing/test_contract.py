"""The contract of a session, one fact a test: what persists, what starts anew, what is refused, what is recorded.

Few programs serve all tests, for a backend that compiles makes each of them once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from neurosim.backend.contract import Session
from neurosim.errors import ExactnessLost, InputError, NumericalError, UnsupportedFeature
from neurosim.model.learning import SleepPlasticity
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, Heaviside, RateUnit, SpikeInput
from neurosim.program.constants import length_of
from neurosim.program.features import Feature
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid, quantise
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Trials
from neurosim.program.trial.stimuli import Rows
from neurosim.testing.agreement import assert_counts_agree, assert_learned_agree, assert_probes_agree
from neurosim.testing.cases.small import Case
from neurosim.testing.targets import REFERENCE, Target, case_named, outcome, reference_for, run_case

KINDS = ("reference", "simulated", "mock", "hardware")
BASE = "ep_one_sided"
"""The case on whose program most tests run."""


@contextmanager
def opened(target: Target, case: Case, program: Program | None = None) -> Iterator[Session]:
    """A session with the case's learned arrays, on the grid; the test is skipped if the mode does not claim it."""
    program = program or case.program(Grid())
    claimed(target, program)
    with target.compile(program) as session:
        session.write(case.learned_for(program))
        yield session


def claimed(target: Target, program: Program) -> None:
    """Skip the test if the mode does not claim the program."""
    missing = target.missing(program)
    if missing:
        pytest.skip(f"{target.name} does not claim {', '.join(sorted(missing))}")


def base(target: Target) -> Case:
    """The case on whose program most tests run."""
    return case_named(BASE, target.length)


def recorded_parts(recordings: list[Any]) -> Any:
    """Recordings of consecutive trials as one, spikes as dense arrays."""
    return np.concatenate([r.dense() if isinstance(r, Events) else r for r in recordings])


# what is claimed, and refused


def test_capabilities_are_of_the_contract(neurosim_target: Target) -> None:
    """Modes, features and kind are names that the contract has."""
    backend, mode = neurosim_target.load()
    able = backend.capabilities()
    assert mode in able.modes
    assert set(able.features) == set(able.modes), "features of every mode"
    assert all(able.features[m] <= set(Feature) for m in able.modes), "names of features that the contract has"
    assert able.kind in KINDS
    assert neurosim_target.name.partition(":")[0] == backend.name


def test_versions_are_texts(neurosim_target: Target) -> None:
    """A backend names the versions of what it runs on."""
    versions = neurosim_target.load()[0].versions()
    assert versions
    assert all(isinstance(n, str) and isinstance(v, str) and v for n, v in versions.items())


def test_a_program_that_is_not_claimed_is_refused_before_anything_runs(neurosim_target: Target) -> None:
    """A program that needs a feature that no backend has raises UnsupportedFeature when it is compiled."""

    class Beyond(Program):
        def features(self) -> Any:
            return super().features() | {"telepathy"}

    program = base(neurosim_target).program(Grid())
    beyond = Beyond(**{f: getattr(program, f) for f in program.__dataclass_fields__})
    with pytest.raises(UnsupportedFeature) as refused:
        neurosim_target.compile(beyond)
    missing = neurosim_target.missing(program) | {"telepathy"}
    assert refused.value.feature in missing


# what persists, and what starts anew


@pytest.mark.parametrize("name", [BASE, "sleep", "two_ports"])
def test_a_rerun_gives_the_same_bits(neurosim_target: Target, name: str) -> None:
    """The same weights and trials give equal learned arrays and recordings."""
    case = case_named(name, neurosim_target.length)
    runs = []
    with opened(neurosim_target, case) as session:
        for _ in range(2):
            session.write(case.learned_for(case.program(Grid())))
            records = session.run(case.trials, constants=case.constants)
            runs.append((records, session.read()))
    (first, learned), (second, again) = runs
    assert assert_learned_agree(again, learned)
    assert assert_probes_agree(second, first)


@pytest.mark.parametrize("name", [BASE, "recurrent_spiking", "eligibility"])
def test_a_run_in_parts_is_the_run(neurosim_target: Target, name: str) -> None:
    """Several runs of some trials each give what one run of all of them gives."""
    case = case_named(name, neurosim_target.length)
    size = 7 if case.trials.count > 20 else 2
    parts = []
    with opened(neurosim_target, case) as session:
        expected, expected_learned = outcome(reference_for(neurosim_target), name, Grid())
        for first in range(0, case.trials.count, size):
            parts.append(session.run(case.trials.part(first, first + size), constants=case.constants))
        assert_learned_agree(session.read(), expected_learned)
    for probe, recording in expected.probes.items():
        joined = recorded_parts([p[probe] for p in parts])
        np.testing.assert_array_equal(joined, recorded_parts([recording]), err_msg=probe)


@pytest.mark.parametrize("name", [BASE, "recurrent_spiking", "two_ports"])
def test_trials_start_anew(neurosim_target: Target, name: str) -> None:
    """Where nothing is learned, a trial gives the same after any other."""
    case = case_named(name, neurosim_target.length)
    with opened(neurosim_target, case) as session:
        together = session.run(case.trials, learn=False)
        last = case.trials.count - 1
        alone = session.run(case.trials.part(last, last + 1), learn=False)
    for probe, recording in alone.probes.items():
        expected = recorded_parts([together[probe]])[last:]
        np.testing.assert_array_equal(recorded_parts([recording]), expected, err_msg=probe)


@pytest.mark.parametrize("name", [BASE, "sleep", "two_ports", "eligibility"])
def test_without_learning_no_bit_of_what_is_learned_changes(neurosim_target: Target, name: str) -> None:
    """A run with `learn=False` leaves the bytes of all learned arrays as they were."""
    case = case_named(name, neurosim_target.length)
    with opened(neurosim_target, case) as session:
        before = session.read()
        session.run(case.trials, learn=False)
        for variable, values in session.read().items():
            assert values.tobytes() == before[variable].tobytes(), variable


def test_learning_is_off_for_one_run_and_on_again(neurosim_target: Target) -> None:
    """A run without learning does not change what the runs before and after it learn."""
    case = base(neurosim_target)
    with opened(neurosim_target, case) as session:
        for learn in (True, False, True):
            session.run(case.trials.part(0, 3), learn=learn)
        learned = session.read()
    with opened(REFERENCE, case) as session:
        for _ in range(2):
            session.run(case.trials.part(0, 3))
        assert_learned_agree(learned, session.read())


def test_learned_variables_are_carried_from_wake_to_sleep_to_wake(neurosim_target: Target) -> None:
    """Two programs of one network; the arrays go from each to the next, those of one mode alone stay."""
    day, night, learned, stimuli = two_modes(neurosim_target.length)
    for program in (day, night):
        claimed(neurosim_target, program)
    carried, runs = wake_sleep_wake(neurosim_target, day, night, learned, stimuli)
    expected_carried, expected_runs = wake_sleep_wake(REFERENCE, day, night, learned, stimuli)
    assert_learned_agree(carried, expected_carried)
    for records, expected in zip(runs, expected_runs, strict=True):
        assert_probes_agree(records, expected)
    assert not np.array_equal(carried["input_hidden.w"], learned["input_hidden.w"])


def wake_sleep_wake(
    target: Target, day: Program, night: Program, learned: Mapping[str, Array], stimuli: list[Trials]
) -> tuple[dict[str, Array], list[Any]]:
    """Three runs on a target, with the arrays of each for the next; the arrays at the end, and all records."""
    carried, records = dict(learned), []
    for program, trials in zip((day, night, day), stimuli, strict=True):
        with target.compile(program) as session:
            session.write({n: carried[n] for n in program.shapes()})
            records.append(session.run(trials))
            carried |= session.read()
    return carried, records


def two_modes(length: float) -> tuple[Program, Program, dict[str, Array], list[Trials]]:
    """A wake and a sleep program, learned arrays by name, and the trials of a wake, a sleep and a wake run.

    The wake program is that of the base case, so a backend that caches what it compiled need not compile it again.
    """
    case = case_named(BASE, length)
    wake = {j.name: j.rules_in("wake") for j in case.network.projections}
    dream = [SleepPlasticity(inc=2.0**-9, dec=2.0**-11)]
    models = {"input": (Clamp, SpikeInput), "hidden": (RateUnit, Heaviside(theta=0.4, decay=0.95))}
    models["output"] = (RateUnit, Heaviside(theta=0.3, decay=0.95))
    network = Network(
        [
            Population(p.name, p.size, dict(zip(("wake", "sleep"), models[p.name], strict=True)),
                       {"wake": p.rules_in("wake")})
            for p in case.network.populations
        ],
        [
            Projection(j.name, j.pre, j.post, learning={"wake": wake[j.name], "sleep": dream},
                       reciprocal=("wake",) if j.reciprocal else False)
            for j in case.network.projections
        ],
    )  # fmt: skip
    steps = max(1, round(200 * length))
    probes = [Probe("hidden.spike", "step"), Probe("output.spike", "step")]
    sleep = Schedule([Phase("sleep", steps)], probes, {"input.x": "events"})
    day = lower(network, case.schedule, "wake", Grid())
    night = lower(network, sleep, "sleep", Grid())
    random = np.random.Generator(np.random.Philox(20))
    spikes = Events.from_dense(random.random((1, steps, 12)) < 0.2)
    half = case.trials.count // 2
    trials = [case.trials.part(0, half), Trials({"input.x": spikes}), case.trials.part(half, case.trials.count)]
    return day, night, quantise(case.learned, day)[0], trials


FORMS = ("numbers", "bytes", "float32", "rows of bytes", "rows of float32")


@pytest.mark.parametrize("name", [BASE, "recurrent_spiking", "two_ports"])
def test_stimuli_may_be_stored_in_any_form(neurosim_target: Target, name: str) -> None:
    """Bytes with a table, float32 and spikes, also as rows in an order, give the bits of float64 in that order."""
    case = case_named(name, neurosim_target.length)
    found = []
    with opened(neurosim_target, case) as session:
        learned = session.read()
        for form in FORMS:
            session.write(learned)
            trials = Trials({n: _in_form(form, s) for n, s in case.trials.stimuli.items()}, case.trials.count)
            found.append((session.run(trials, constants=case.constants), session.read()))
    for records, after in found[1:]:
        assert assert_learned_agree(after, found[0][1])
        assert assert_probes_agree(records, found[0][0])


def _in_form(form: str, stimulus: Any) -> Any:
    """A stimulus with at most 256 different numbers; rows lie in another order, behind one that is never shown."""
    if isinstance(stimulus, Events):
        order = np.roll(np.arange(stimulus.trials), 2)
        return Rows(stimulus.take(order), np.argsort(order)) if form.startswith("rows") else stimulus
    table = np.linspace(min(0.0, stimulus.min()), stimulus.max(), 256, dtype=np.float32)
    stored = np.searchsorted(table, stimulus).clip(0, 255).astype(np.uint8)
    stored = stored if form.endswith("bytes") else table[stored]
    numbers = table.astype(np.float64) if form.endswith("bytes") else None
    if form.startswith("rows"):
        order = np.roll(np.arange(len(stored)), 2)
        return Rows(np.concatenate([stored[:1], stored[order]]), 1 + np.argsort(order), numbers)
    return stored.astype(np.float64) if form == "numbers" else Rows(stored, table=numbers)


def test_two_sessions_of_one_program_do_not_meet(neurosim_target: Target) -> None:
    """A run of one session does not change the arrays of another."""
    case = base(neurosim_target)
    with opened(neurosim_target, case) as first, opened(neurosim_target, case) as second:
        before = second.read()
        first.run(case.trials.part(0, 2))
        assert assert_learned_agree(second.read(), before)


# arguments of a run


def test_constants_are_arguments_of_a_run(neurosim_target: Target) -> None:
    """One session runs with other values of constants, other lengths, and its own again."""
    case, other = (case_named(n, neurosim_target.length) for n in (BASE, "ep_other_constants"))
    program = case.program(Grid())
    reference = reference_for(neurosim_target)
    with opened(neurosim_target, case) as session:
        for name, c in (("ep_other_constants", other), (BASE, case)):
            session.write(case.learned_for(program))
            records = session.run(c.trials, constants=c.constants)
            expected, learned = outcome(reference, name, Grid())
            assert_learned_agree(session.read(), learned)
            assert_probes_agree(records, expected)


@pytest.mark.parametrize("skipped", [("free",), ("nudged",), ("free", "nudged")], ids="+".join)
def test_phases_of_0_steps_are_skipped_with_their_ends(neurosim_target: Target, skipped: tuple[str, ...]) -> None:
    """No assignment or rule at the end of a phase of 0 steps acts."""
    case = replace(base(neurosim_target), constants={str(length_of(phase)): 0 for phase in skipped})
    program = case.program(Grid())
    claimed(neurosim_target, program)
    records, learned = run_case(neurosim_target, case, program)
    expected, expected_learned = run_case(REFERENCE, case, program)
    assert_learned_agree(learned, expected_learned)
    assert_probes_agree(records, expected)
    if "nudged" in skipped:  # the rules fire at its end
        assert_learned_agree(learned, case.learned_for(program))


def test_no_trials_change_nothing(neurosim_target: Target) -> None:
    """A run of no trials leaves the arrays as they were, and records nothing."""
    case = base(neurosim_target)
    with opened(neurosim_target, case) as session:
        before = session.read()
        records = session.run(case.trials.part(0, 0))
        assert assert_learned_agree(session.read(), before)
        assert all(len(recorded_parts([r])) == 0 for r in records.probes.values())
        assert records.timing.steps == 0


def test_progress_ends_with_all_trials(neurosim_target: Target) -> None:
    """Progress never goes back, and its last call has all trials."""
    case = base(neurosim_target)
    calls: list[tuple[int, int]] = []
    with opened(neurosim_target, case) as session:
        session.run(case.trials, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (case.trials.count, case.trials.count)
    assert calls == sorted(calls)


# write and read


def test_what_is_written_is_read(neurosim_target: Target) -> None:
    """Arrays come back as they were written; those that are not written keep their values."""
    case = base(neurosim_target)
    random = np.random.Generator(np.random.Philox(21))
    program = case.program(Grid())
    written, _ = quantise({n: random.uniform(-1, 1, shape) for n, shape in program.shapes().items()}, program)
    with opened(neurosim_target, case) as session:
        session.write(written)
        assert assert_learned_agree(session.read(), written)
        one = next(iter(written))
        session.write({one: np.zeros_like(written[one])})  # the others keep their values
        assert assert_learned_agree(session.read(), {**written, one: np.zeros_like(written[one])})


def test_a_new_session_has_initial_values(neurosim_target: Target) -> None:
    """Every learned array of a new session has the initial value of its variable."""
    program = base(neurosim_target).program(Grid())
    claimed(neurosim_target, program)
    with neurosim_target.compile(program) as session:
        initial = program.initial()
        assert assert_learned_agree(session.read(), {n: np.full(s, initial[n]) for n, s in program.shapes().items()})


def test_arrays_are_copied_in_and_out(neurosim_target: Target) -> None:
    """A change of an array that was written, or read, does not reach the session."""
    case = base(neurosim_target)
    learned = {n: a.copy() for n, a in case.learned_for(case.program(Grid())).items()}
    with opened(neurosim_target, case) as session:
        session.write(learned)
        expected = {n: a.copy() for n, a in learned.items()}
        for arrays in (learned, session.read()):
            for a in arrays.values():
                a[...] = 7.0
        assert assert_learned_agree(session.read(), expected)


# mistakes

W = "input_hidden.w"

BAD_LEARNED: dict[str, Callable[[Array], dict[str, Array]]] = {
    "unknown name": lambda w: {"input_hiden.w": w},
    "wrong shape": lambda w: {W: w[:, :-1]},
    "transposed": lambda w: {W: w.T},
    "not finite": lambda w: {W: np.full_like(w, np.nan)},
    "off the grid": lambda w: {W: np.full_like(w, 2.0**-30)},
}


@pytest.mark.parametrize("mistake", BAD_LEARNED)
def test_write_refuses(neurosim_target: Target, mistake: str) -> None:
    """A wrong array raises InputError, and changes nothing."""
    case = base(neurosim_target)
    with opened(neurosim_target, case) as session:
        before = session.read()
        with pytest.raises(InputError):
            session.write(BAD_LEARNED[mistake](before[W].copy()))
        assert assert_learned_agree(session.read(), before)


Stimuli = Mapping[str, Any]

BAD_STIMULI: dict[str, Callable[[Stimuli], Stimuli]] = {
    "missing": lambda s: {"input.s": s["input.s"]},
    "unknown": lambda s: {**s, "hidden.target": s["input.s"]},
    "wrong shape": lambda s: {**s, "input.s": s["input.s"][:, :-1]},
    "a row a step": lambda s: {**s, "input.s": np.repeat(s["input.s"][:, None], 24, axis=1)},
    "events": lambda s: {**s, "input.s": Events.from_dense(np.repeat(s["input.s"][:, None] > 0.5, 24, axis=1))},
    "not finite": lambda s: {**s, "input.s": np.full_like(s["input.s"], np.inf)},
}


@pytest.mark.parametrize("mistake", BAD_STIMULI)
def test_run_refuses_stimuli(neurosim_target: Target, mistake: str) -> None:
    """Wrong stimuli raise InputError, and change nothing."""
    case = base(neurosim_target)
    with opened(neurosim_target, case) as session:
        before = session.read()
        with pytest.raises(InputError):
            session.run(Trials(BAD_STIMULI[mistake](case.trials.stimuli)))
        assert assert_learned_agree(session.read(), before)


BAD_CONSTANTS: dict[str, dict[str, float]] = {
    "unknown": {"hidden.epsilon": 0.5},
    "negative length": {"steps.free": -1},
    "fraction of a step": {"steps.free": 1.5},
    "not finite": {"hidden.eps": float("nan")},
}


@pytest.mark.parametrize("mistake", BAD_CONSTANTS)
def test_run_refuses_constants(neurosim_target: Target, mistake: str) -> None:
    """A wrong constant raises InputError."""
    case = base(neurosim_target)
    with opened(neurosim_target, case) as session, pytest.raises(InputError):
        session.run(case.trials, constants=BAD_CONSTANTS[mistake])


def test_what_is_not_finite_is_located_and_what_was_learned_stays(neurosim_target: Target) -> None:
    """The last trial alone goes wrong; the error names owner, variable, trial and step as the reference does."""
    case = base(neurosim_target)
    program = case.program()
    inputs = np.array(case.trials.stimuli["input.s"])
    inputs[-1] = 0.0
    inputs[-1, 0] = 1e308  # overflows where it is learned from, not where it is delivered
    trials = Trials({**case.trials.stimuli, "input.s": inputs})
    located = []
    for target in (REFERENCE, neurosim_target):
        with opened(target, case, program) as session:
            before = session.read()
            with pytest.raises(NumericalError) as error:
                session.run(trials, constants={"input_hidden.ep.lr": 1e5})
            assert assert_learned_agree(session.read(), before)
            located.append((error.value.owner, error.value.variable, error.value.trial, error.value.step))
            session.run(case.trials.part(0, 1))  # the session is still good
    assert located[0] == located[1] == ("input_hidden", "w", trials.count - 1, 23)


def test_a_sum_that_could_be_inexact_is_refused(neurosim_target: Target) -> None:
    """On the grid, weights too large for exact sums raise ExactnessLost."""
    case = base(neurosim_target)
    with opened(neurosim_target, case) as session:
        large = {W: np.full_like(session.read()[W], 2.0**9)}
        session.write(large)
        with pytest.raises(ExactnessLost):
            session.run(case.trials)


# records, and the end


@pytest.mark.parametrize("name", [BASE, "recurrent_spiking"])
def test_records_are_complete(neurosim_target: Target, name: str) -> None:
    """Records name backend, mode, kind and versions, and have plausible times, the counts and every probe."""
    backend, mode = neurosim_target.load()
    case = case_named(name, neurosim_target.length)
    with opened(neurosim_target, case) as session:
        records = session.run(case.trials)
    assert (records.backend, records.mode, records.kind) == (backend.name, mode, backend.capabilities().kind)
    assert dict(records.versions) == backend.versions()
    timing = records.timing
    assert timing.steps == sum(p.steps for p in case.schedule.phases) * case.trials.count
    assert min(timing.build, timing.transfer, timing.simulate) >= 0
    assert 0 < timing.wall < float("inf")
    assert max(timing.build, timing.transfer, timing.simulate) <= timing.wall
    expected, _ = outcome(reference_for(neurosim_target), name, Grid())
    assert_counts_agree(records, expected)
    for probe, recording in records.probes.items():
        assert isinstance(recording, Events) or recording.dtype == np.float64, probe


def test_closing_twice_is_closing(neurosim_target: Target) -> None:
    """A second `close` does nothing, and the backend opens another session afterwards."""
    program = base(neurosim_target).program(Grid())
    claimed(neurosim_target, program)
    session = neurosim_target.compile(program)
    session.close()
    session.close()
    with neurosim_target.compile(program) as another:
        assert another.read()
