"""What a run refuses, and grid arithmetic."""

import re
from collections.abc import Mapping

import numpy as np
import pytest

from neurosim.backend.delivered_weights import delivered_weights
from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import ExactnessLost, InputError, ModelError
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, NeuronModel, RateUnit, SpikeInput, TanhRateUnit, driven
from neurosim.model.synapses import SynapseModel
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Float64, Grid, LedgerEntry, check_on_grid, on_grid, quantise
from neurosim.program.program import Program
from neurosim.program.run import bind, check_learned
from neurosim.program.schedule import Events, Phase, Schedule, Trials
from neurosim.testing.cases.small import BINARY, ep_one_sided

GOOD = {"input.s": np.zeros((4, 3)), "output.target": np.zeros((4, 2))}


def program(
    kind: str = "constant", source: NeuronModel = Clamp, precision: object = None, **of_projection: object
) -> Program:
    network = Network(
        [Population("input", 3, source), Population("output", 2, RateUnit)],
        [Projection("p", "input", "output", **of_projection)],  # type: ignore[arg-type]
    )
    variable = next(iter(source.params))
    stimuli = {f"input.{variable}": kind, "output.target": "constant"}
    schedule = Schedule([Phase("free", 5), Phase("nudged", 2, {"output.beta": 0.5})], (), stimuli)
    return lower(network, schedule, precision=precision)  # type: ignore[arg-type]


# what a run refuses


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"input.s": np.zeros((4, 2))}, "stimulus 'input.s' has shape (4, 2), expected (4, 3) = (trials, units)"),
        ({"input.s": np.zeros((4, 7, 3))}, "stimulus 'input.s' has shape (4, 7, 3), expected (4, 3)"),
        (
            {"input.x": np.zeros((4, 3))},
            "stimulus 'input.x': the program has none of that name; did you mean 'input.s'?",
        ),
        ({"input.s": np.full((4, 3), np.nan)}, "stimulus 'input.s' has values that are not finite"),
        (
            {"input.s": Events.from_dense(np.zeros((4, 7, 3)))},
            "stimulus 'input.s' is given as events, but declared 'constant' in the schedule",
        ),
    ],
)
def test_a_stimulus_that_does_not_fit_is_refused(changed: Mapping[str, object], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        bind(program(), Trials({**GOOD, **changed}))  # type: ignore[dict-item]


def test_a_missing_stimulus_is_named() -> None:
    with pytest.raises(InputError, match=r"stimulus 'output.target' is missing; the trials give \['input.s'\]"):
        bind(program(), Trials({"input.s": np.zeros((4, 3))}))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 7, 2), "events of 2 units over 7 steps a trial, expected 3 units over 7 steps"),
        ((4, 6, 3), "events of 3 units over 6 steps a trial, expected 3 units over 7 steps"),
    ],
)
def test_events_that_do_not_fit_are_refused(shape: tuple[int, int, int], message: str) -> None:
    stimuli = {"input.x": Events.from_dense(np.zeros(shape)), "output.target": np.zeros((4, 2))}
    with pytest.raises(InputError, match=message):
        bind(program("events", SpikeInput), Trials(stimuli))


def test_an_event_of_a_unit_that_is_not_there_is_refused() -> None:
    events = Events(np.array([0, 1, 1, 1, 1, 1, 1, 1]), np.array([2], dtype=np.int32), 7, 3)
    events.indices[0] = 3  # after it was looked at
    with pytest.raises(InputError, match=r"stimulus 'input\.x': a unit outside 0 to 2"):
        bind(program("events", SpikeInput), Trials({"input.x": events, "output.target": np.zeros((1, 2))}))


def test_a_dense_array_of_the_wrong_shape_is_refused_for_events() -> None:
    stimuli = {"input.x": np.zeros((4, 6, 3)), "output.target": np.zeros((4, 2))}
    with pytest.raises(InputError, match=re.escape("has shape (4, 6, 3), expected (4, 7, 3) = (trials, steps, units)")):
        bind(program("events", SpikeInput), Trials(stimuli))


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({"output.ep": 1.0}, "constant 'output.ep': the program has none of that name; did you mean 'output.eps'?"),
        ({"output.eps": float("nan")}, "constant 'output.eps' is nan; expected a finite number"),
        ({"output.eps": float("inf")}, "constant 'output.eps' is inf; expected a finite number"),
        ({"steps.free": -1}, "constant 'steps.free' is -1, expected a whole number of at least 0"),
        ({"steps.free": 1.5}, "constant 'steps.free' is 1.5, expected a whole number of at least 0"),
    ],
)
def test_an_impossible_constant_is_refused(constants: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        bind(program(), Trials(GOOD), constants)


def test_a_constant_of_the_network_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ModelError, match=re.escape("model RateUnit: eps = nan; expected a finite number")):
        RateUnit(eps=float("nan"))


@pytest.mark.parametrize(
    ("learned", "message"),
    [
        ({"p.v": np.zeros((3, 2))}, "learned variable 'p.v': the program has none; did you mean 'p.w'?"),
        ({"p.w": np.zeros((2, 3))}, "learned variable 'p.w' has shape (2, 3), expected (3, 2)"),
        ({"p.w": np.full((3, 2), np.inf)}, "learned variable 'p.w' has values that are not finite"),
    ],
)
def test_learned_arrays_that_do_not_fit_are_refused(learned: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        check_learned(program(), learned)


def test_a_refused_write_leaves_the_session_as_it_was() -> None:
    with ReferenceBackend().compile(program()) as session:
        session.write({"p.w": np.ones((3, 2))})
        with pytest.raises(InputError):
            session.write({"output.bias": np.zeros(2), "p.w": np.zeros((2, 3))})
        np.testing.assert_array_equal(session.read()["p.w"], np.ones((3, 2)))


def test_a_phase_s_own_constant_holds_in_that_phase_only() -> None:
    run = bind(program(), Trials(GOOD))
    assert (run.values("output", "free")["beta"], run.values("output", "nudged")["beta"]) == (0.0, 0.5)


def test_phases_end_after_their_steps_and_one_of_none_does_not_end() -> None:
    assert bind(program(), Trials(GOOD)).phase_ends() == {4: 0, 6: 1}
    assert bind(program(), Trials(GOOD), {"steps.nudged": 0}).phase_ends() == {4: 0}


# the grid


@pytest.mark.parametrize("bits", [(0, 24), (20, 0), (30, 23), (-1, 5)])
def test_a_grid_beyond_a_float64_is_refused(bits: tuple[int, int]) -> None:
    with pytest.raises(ModelError, match=f"grid of {bits[0]} and {bits[1]} bits"):
        Grid(*bits)


def test_on_grid_rounds_to_the_nearest_multiple_halves_upwards() -> None:
    np.testing.assert_array_equal(on_grid(np.array([0.1, 0.125, -0.125, 0.9]), 2), [0.0, 0.25, 0.0, 1.0])


def test_quantise_rounds_delivered_weights_and_keeps_a_ledger() -> None:
    given = {"p.w": np.array([[0.25, 0.3], [0.5, 0.5], [0.5, 0.6]]), "output.bias": np.array([0.1, 0.2])}
    rounded, ledger = quantise(given, program(precision=Grid(4, 2)))
    np.testing.assert_array_equal(rounded["p.w"], [[0.25, 0.25], [0.5, 0.5], [0.5, 0.5]])
    assert rounded["output.bias"] is given["output.bias"]
    entry = LedgerEntry(
        "p.w", changed=2, size=6, largest_error=pytest.approx(0.1), relative_error=pytest.approx(0.0995037)
    )
    assert ledger == [entry]


def test_quantise_does_not_change_what_it_is_given() -> None:
    given = {"p.w": np.full((3, 2), 0.3)}
    quantise(given, program(precision=Grid(4, 2)))
    np.testing.assert_array_equal(given["p.w"], np.full((3, 2), 0.3))


def test_the_ledger_is_empty_where_nothing_changed() -> None:
    assert quantise({"p.w": np.full((3, 2), 0.25)}, program(precision=Grid()))[1] == []
    assert quantise({"p.w": np.full((3, 2), 0.3)}, program(precision=Float64()))[1] == []


def test_a_weight_off_the_grid_is_never_rounded_silently() -> None:
    with pytest.raises(
        InputError, match=re.escape("p.w has values that are not multiples of 2**-24; round them with quantise()")
    ):
        check_learned(program(precision=Grid()), {"p.w": np.full((3, 2), 0.1)})


def test_check_on_grid_accepts_multiples() -> None:
    check_on_grid("p.w", np.array([0.75, -3.0]), 2)


def test_stimuli_that_are_delivered_are_put_on_the_grid() -> None:
    run = bind(program(precision=Grid(2, 24)), Trials({**GOOD, "input.s": np.full((4, 3), 0.3)}))
    np.testing.assert_array_equal(run.stimuli["input.s"], np.full((4, 3), 0.25))


def test_under_the_grid_learned_weights_and_outputs_are_multiples() -> None:
    case = ep_one_sided(0.2)
    compiled = case.program(Grid(12, 16))
    with ReferenceBackend().compile(compiled) as session:
        session.write(case.learned_for(compiled))
        records = session.run(case.trials)
        weights = session.read()
    check_on_grid("hidden.s", np.asarray(records["hidden.s@end:nudged"]), 12)
    for name in compiled.on_grid():
        check_on_grid(name, weights[name], 16)


# exactness


def exactness(
    weight: float, stimulus: float = 1.0, source: NeuronModel = Clamp, bits: tuple[int, int] = (20, 24)
) -> None:
    """Run with all weights and stimuli of one value: three terms a sum."""
    compiled = program(source=source, precision=Grid(*bits))
    with ReferenceBackend().compile(compiled) as session:
        session.write({"p.w": np.full((3, 2), weight)})
        session.run(Trials({**GOOD, "input.s": np.full((4, 3), stimulus)}))


@pytest.mark.parametrize(("weight", "stimulus"), [(171.0, 1.0), (-171.0, 1.0), (1.0, 171.0), (2.0, 90.0)])
def test_a_sum_that_could_be_inexact_is_refused(weight: float, stimulus: float) -> None:
    with pytest.raises(
        ExactnessLost, match=r"output\.drive: a sum of \|weight\*output\| can reach 5.*need less than 512"
    ):
        exactness(weight, stimulus)


@pytest.mark.parametrize(("weight", "stimulus"), [(170.0, 1.0), (1.0, 170.0), (400.0, 0.25)])
def test_a_sum_below_the_limit_runs(weight: float, stimulus: float) -> None:
    exactness(weight, stimulus)


def test_fewer_bits_allow_larger_sums() -> None:
    exactness(171.0, bits=(10, 10))


def test_the_output_expression_of_an_input_counts() -> None:
    amplified = NeuronModel("Amplified", params={"s": driven()}, ports=(), output="1000*s")
    with pytest.raises(ExactnessLost):
        exactness(1.0, 1.0, amplified)


def test_float64_has_no_limit() -> None:
    with ReferenceBackend().compile(program()) as session:
        session.write({"p.w": np.full((3, 2), 1e6)})
        session.run(Trials({**GOOD, "input.s": np.ones((4, 3))}))


def test_weights_that_learning_makes_too_large_are_found_and_not_kept() -> None:
    from neurosim.model.learning import LearningRule

    grow = LearningRule("grow", "end:free", {"w": "w + 100"})
    compiled = program(precision=Grid(), learning=[grow])
    with ReferenceBackend().compile(compiled) as session:
        with pytest.raises(ExactnessLost):
            session.run(Trials({**GOOD, "input.s": np.ones((4, 3))}))
        np.testing.assert_array_equal(session.read()["p.w"], np.zeros((3, 2)))


def test_backward_sums_count_too() -> None:
    network = Network(
        [Population("a", 3, TanhRateUnit), Population("b", 1, TanhRateUnit)],
        [Projection("p", "a", "b", reciprocal=True)],
    )
    compiled = lower(network, Schedule([Phase("run", 1)]), precision=Grid())
    with ReferenceBackend().compile(compiled) as session:
        session.write({"p.w": np.array([[600.0], [0.0], [0.0]])})
        with pytest.raises(ExactnessLost):
            session.run(Trials({}, 1))


def test_the_delivered_weight_of_an_expression() -> None:
    compiled = program(synapse=BINARY)
    run = bind(compiled, Trials(GOOD))
    hidden = np.array([[0.1, -0.1], [0.0, 2.0], [-3.0, 1.0]])
    np.testing.assert_array_equal(
        delivered_weights(run, {"p.h": hidden})["p"], [[0.125, -0.125], [0.125, 0.125], [-0.125, 0.125]]
    )


def test_a_synapse_s_first_state_need_not_be_its_weight() -> None:
    compiled = program(synapse=SynapseModel("S", {"h": 0.0, "w": 0.0}, "w"), precision=Grid())
    assert compiled.on_grid() == ("p.w",)
