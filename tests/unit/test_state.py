"""The state of a trial: what its arrays are, which are refused, and the pieces of a trial."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend.reference import ReferenceBackend, ReferenceSession
from neurosim.errors import ExactnessLost, InputError, UnsupportedFeature
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, Heaviside, RateUnit, SpikeInput
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Float32, Grid
from neurosim.program.program import Program
from neurosim.program.run import bind
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.program.trial.pieces import pieces
from neurosim.program.trial.state import check_state, start_state
from neurosim.testing.cases.small import delayed_spikes, delays


def spiking(precision: Any = None) -> Program:
    network = Network(
        [Population("input", 3, SpikeInput), Population("hidden", 4, Heaviside)], [Projection("p", "input", "hidden")]
    )
    return lower(
        network, Schedule([Phase("run", 5)], [Probe("hidden.v", "step")], {"input.x": "events"}), precision=precision
    )


def graded(precision: Any = None) -> Program:
    network = Network(
        [Population("input", 3, Clamp), Population("hidden", 4, RateUnit)],
        [Projection("p", "input", "hidden"), Projection("q", "hidden", "hidden")],
    )
    return lower(
        network, Schedule([Phase("run", 5)], [Probe("hidden.s", "step")], {"input.s": "constant"}), precision=precision
    )


# what it is


def test_a_state_has_every_variable_and_the_spikes_under_way() -> None:
    assert {n: a.tolist() for n, a in start_state(spiking()).items()} == {
        "hidden.v": [0.0] * 4,
        "hidden.spike": [0.0] * 4,
    }


def test_a_population_that_puts_out_a_value_has_no_spikes_under_way() -> None:
    assert set(start_state(graded())) == {"hidden.s"}


def test_outputs_that_a_delay_keeps_are_of_the_state() -> None:
    assert {"first.past_2", "first.past_3", "second.past_2"} <= set(start_state(delays().program()))
    assert {"hidden.past_1", "hidden.past_5", "hidden.spike"} <= set(start_state(delayed_spikes().program()))


def test_a_state_that_is_written_is_a_copy() -> None:
    given = start_state(spiking())
    checked = check_state(spiking(), given)
    given["hidden.v"][...] = 1.0
    assert checked["hidden.v"].tolist() == [0.0] * 4


# what is refused

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": ({"hidden.w": np.zeros(4)}, "state 'hidden.w': the program has none; did you mean 'hidden.v'"),
    "missing": ({"hidden.v": None}, r"state 'hidden.v' is missing; expected all of \['hidden.spike', 'hidden.v'\]"),
    "shape": ({"hidden.v": np.zeros(3)}, r"state 'hidden.v' has shape \(3,\), expected \(4,\)"),
    "nan": ({"hidden.v": np.full(4, np.nan)}, "state 'hidden.v' has values that are not finite"),
    "half": ({"hidden.spike": np.full(4, 0.5)}, "state 'hidden.spike' has values other than 0 and 1"),
    "text": ({"hidden.v": "much"}, "state 'hidden.v'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_state_is_refused(mistake: str) -> None:
    changes, message = MISTAKES[mistake]
    given = {n: a for n, a in {**start_state(spiking()), **changes}.items() if a is not None}
    with pytest.raises(InputError, match=message):
        check_state(spiking(), given)


def test_on_a_grid_what_is_delivered_has_to_be_on_it() -> None:
    with pytest.raises(InputError, match=r"state 'hidden.s' has values that are not multiples of 2\*\*-20"):
        check_state(graded(Grid()), {"hidden.s": np.full(4, 2.0**-30)})


def test_on_a_grid_what_is_delivered_has_to_be_within_its_bound() -> None:
    with pytest.raises(
        InputError, match=r"state 'hidden.s' has values beyond 1, the most that the population puts out"
    ):
        check_state(graded(Grid()), {"hidden.s": np.full(4, 1.5)})


def test_on_a_grid_what_is_not_delivered_is_any_number() -> None:
    state = {**start_state(spiking(Grid())), "hidden.v": np.full(4, 1e3 / 3)}
    assert check_state(spiking(Grid()), state)["hidden.v"].tolist() == [1e3 / 3] * 4


def test_in_single_precision_states_are_single() -> None:
    with pytest.raises(InputError, match=r"state 'hidden.v' has values that are not"):
        check_state(spiking(Float32()), {**start_state(spiking(Float32())), "hidden.v": np.full(4, 1 / 3)})


@pytest.mark.parametrize("how", [{"state": {}}, {"ends": False}])
def test_only_one_trial_can_go_on(how: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="is for a run of one trial, which goes on in another run; not of 2 trials"):
        bind(graded(), Trials({"input.s": np.zeros((2, 3))}), **how)


@pytest.mark.parametrize("how", ["keep_state", "ends"])
def test_whether_a_run_goes_on_is_a_truth_value(how: str) -> None:
    with ReferenceBackend().compile(graded()) as session, pytest.raises(InputError, match=f"{how} ="):
        session.run(Trials({"input.s": np.zeros((1, 3))}), **{how: "no"})  # type: ignore[arg-type]


class Forgetful(ReferenceSession):
    keeps_state = False


CALLS: dict[str, Callable[[Forgetful], Any]] = {
    "keep_state": lambda s: s.run(Trials({"input.s": np.zeros((1, 3))}), keep_state=True),
    "ends": lambda s: s.run(Trials({"input.s": np.zeros((1, 3))}), ends=False),
    "read_state": lambda s: s.read_state(),
    "write_state": lambda s: s.write_state({}),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_session_that_keeps_no_state_says_so(call: str) -> None:
    session = Forgetful(graded(), ReferenceBackend(), "numpy")
    with pytest.raises(UnsupportedFeature, match="kept state"):
        CALLS[call](session)
    session.run(Trials({"input.s": np.zeros((1, 3))}))


# pieces


def test_pieces_have_the_lengths_of_their_part_and_end_where_a_phase_does() -> None:
    found = [
        (p.first, p.stop, dict(p.constants), p.ends) for p in pieces({"free": 5, "none": 0, "nudged": 3}, [2, 5, 6])
    ]
    assert found == [
        (0, 2, {"steps.free": 2, "steps.none": 0, "steps.nudged": 0}, False),
        (2, 5, {"steps.free": 3, "steps.none": 0, "steps.nudged": 0}, True),
        (5, 6, {"steps.free": 0, "steps.none": 0, "steps.nudged": 1}, False),
        (6, 8, {"steps.free": 0, "steps.none": 0, "steps.nudged": 2}, True),
    ]


@pytest.mark.parametrize("at", [[0], [8], [9], [3, 3], [4, 2]])
def test_a_trial_is_cut_within_it_in_ascending_order(at: list[int]) -> None:
    with pytest.raises(InputError, match=r"a trial of 8 steps cut at .*; expected ascending steps within it"):
        pieces({"free": 5, "nudged": 3}, at)


def test_trials_between_two_steps_have_their_stimuli_alone() -> None:
    random = np.random.Generator(np.random.Philox(3))
    spikes, values, constant = random.random((2, 9, 4)) < 0.4, random.random((2, 9, 3)), random.random((2, 5))
    part = Trials({"a": Events.from_dense(spikes), "b": values, "c": constant}).between(3, 7)
    found = part.stimuli["a"]
    assert isinstance(found, Events)
    assert (part.count, found.steps) == (2, 4)
    np.testing.assert_array_equal(found.dense(), spikes[:, 3:7])
    np.testing.assert_array_equal(part.stimuli["b"], values[:, 3:7])
    np.testing.assert_array_equal(part.stimuli["c"], constant)


def test_a_phase_that_is_left_open_does_not_end() -> None:
    trials = Trials({"input.s": np.zeros((1, 3))})
    assert bind(graded(), trials).phase_ends() == {4: 0}
    assert bind(graded(), trials, ends=False).phase_ends() == {}
    assert bind(graded(), trials, {"steps.run": 0}, ends=False).phase_ends() == {}


def test_what_an_input_put_out_before_counts_among_exact_sums() -> None:
    adder = ns.NeuronModel("Adder", state={"v": 0.0}, update={"v": "drive"}, output="v")
    network = ns.Network(
        [ns.Population("i", 3, ns.Clamp), ns.Population("o", 1, adder)],
        [ns.Projection("p", "i", "o", connectivity=ns.Pairs([0, 1, 2], [0, 0, 0]), delay=[1, 2, 3])],
    )
    schedule = ns.Schedule([ns.Phase("run", 1)], stimuli={"i.s": "steps"})
    with ReferenceBackend().compile(ns.lower(network, schedule, precision=ns.Grid())) as session:
        session.write({"p.w": [1.0, 2.0**-24, -1.0]})
        state = session.read_state()
        state["i.past"][0, 0] = 2.0**40
        session.write_state(state)
        with pytest.raises(ExactnessLost):
            session.run(Trials({"i.s": np.zeros((1, 1, 3))}), keep_state=True)
