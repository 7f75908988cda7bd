"""A board gives what the reference gives in the same numbers, however its calls are cut; the firmware is the board."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import whole_numbers

import neurosim as ns
from neurosim.device.board.backend import BoardBackend
from neurosim.device.board.board import Board
from neurosim.device.board.link.caller import Caller
from neurosim.device.board.link.hello import DeviceIdentity
from neurosim.device.mock import MockBackend
from neurosim.device.silicon import Readout, Silicon
from neurosim.errors import InputError, ModelError, UnsupportedFeature
from neurosim.program.schedule import Events

REFERENCE, _ = ns.load("reference")
FIRMWARE = BoardBackend("board", "process")

CHIPS = {
    "ideal": Silicon(),
    "neurons": Silicon(gain=0.2, offset=0.05, mismatch={"eps": 0.1}, step_noise=0.02, drift=0.5),
    "synapses": Silicon(weight_bits=6, weight_gain=0.1, dead_synapses=0.05, write_noise=0.03, reprogram=7),
    "readout": Silicon(gain=0.1, readout=Readout(bits=6, noise=0.01, bias=0.01)),
}


def assert_equal(example: whole_numbers.Example, found: ns.Records, expected: ns.Records) -> None:
    for name in example.program.probes:
        ours, theirs = found[name.name], expected[name.name]
        if isinstance(theirs, Events):
            assert isinstance(ours, Events)
            assert theirs.count > 0
            ours, theirs = ours.dense(), theirs.dense()
        np.testing.assert_array_equal(ours, theirs, name.name)


def with_room(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the firmware say that it has a smaller buffer."""

    def small(calls: Caller, identity: DeviceIdentity) -> Board:
        return Board(calls, replace(identity, limits=replace(identity.limits, payload=room)))

    monkeypatch.setattr("neurosim.device.board.boards.Board", small)


@pytest.mark.parametrize("loop", ["trial", "phase", 3])
def test_learning_in_the_loop_is_that_of_the_reference(loop: str | int) -> None:
    example = whole_numbers.learning()
    records, learned = example.on(BoardBackend("board", "process", loop=loop))  # type: ignore[arg-type]
    expected, expected_learned = example.on(REFERENCE)
    assert records.kind == "firmware"
    assert_equal(example, records, expected)
    for name, values in expected_learned.items():
        np.testing.assert_array_equal(learned[name], values, name)


def test_spikes_of_a_recurrent_network_with_delays_are_those_of_the_reference() -> None:
    example = whole_numbers.recurrent_spikes()
    expected = example.on(REFERENCE)[0]
    assert_equal(example, example.on(FIRMWARE)[0], expected)
    share = expected["h.spike@step"].dense().mean()
    assert 0.1 < share < 1 / 3  # where all spike, or none, no state would matter


@pytest.mark.parametrize("chip", CHIPS)
def test_a_mock_on_the_firmware_is_that_on_the_reference(chip: str) -> None:
    example = whole_numbers.learning()
    found, expected = (
        example.on(MockBackend("mock", on, CHIPS[chip], 7, {"board": FIRMWARE}, loop="trial"))
        for on in ("board", "reference")
    )
    assert found[0].kind == "mock"
    assert_equal(example, found[0], expected[0])
    for name, values in expected[1].items():
        np.testing.assert_array_equal(found[1][name], values, name)


def test_spikes_of_a_mock_on_the_firmware_are_those_on_the_reference() -> None:
    example = whole_numbers.recurrent_spikes()
    silicon = Silicon(gain=0.1, mismatch={"theta": 0.1}, dropped=0.05, doubled=0.05, late=0.05, dead_neurons=0.1)
    found, expected = (
        example.on(MockBackend("mock", on, silicon, 7, {"board": FIRMWARE}))[0] for on in ("board", "reference")
    )
    assert_equal(example, found, expected)


@pytest.mark.parametrize(
    "example", [whole_numbers.learning(), whole_numbers.recurrent_spikes()], ids=["values", "spikes"]
)
@pytest.mark.parametrize("room", [100_000, 3_000, 900])
def test_a_small_buffer_cuts_trials_into_steps_and_changes_nothing(
    example: whole_numbers.Example, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_room(room, monkeypatch)
    found = example.on(BoardBackend("board", "process"), learn=False)[0]
    assert_equal(example, found, example.on(REFERENCE, learn=False)[0])


def test_a_buffer_of_less_than_a_step_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with_room(60, monkeypatch)
    with pytest.raises(UnsupportedFeature, match="a step of"):
        whole_numbers.learning().on(BoardBackend("board", "process"))


def test_a_run_goes_on_from_a_state_that_was_read_of_another_session() -> None:
    example = whole_numbers.recurrent_spikes(trials=1)
    with REFERENCE.compile(example.program) as plain:
        plain.write(example.learned)
        whole = plain.run(example.trials)["h.spike@step"].dense()
    first, second = example.trials.between(0, 40), example.trials.between(40, 100)
    with FIRMWARE.compile(example.program) as one, FIRMWARE.compile(example.program) as other:
        for session in (one, other):
            session.write(example.learned)
        begun = one.run(first, constants={"steps.run": 40}, ends=False)["h.spike@step"].dense()
        other.write_state(one.read_state())
        ended = other.run(second, constants={"steps.run": 60}, keep_state=True)["h.spike@step"].dense()
    np.testing.assert_array_equal(np.concatenate([begun, ended], axis=1), whole)


def test_a_write_sends_what_changed_alone() -> None:
    example = whole_numbers.learning()
    with FIRMWARE.compile(example.program) as session:
        session.write(example.learned)
        sent = [session.run(example.trials.part(k, k + 1)).timing.bytes_up for k in range(2)]
        shown = session.run(example.trials.part(2, 3), learn=False).timing.bytes_up
        again = session.run(example.trials.part(2, 3), learn=False).timing.bytes_up
    assert sent[0] > sent[1] > again
    assert shown > again


def test_several_synapses_of_a_pair_add_up() -> None:
    pairs = ns.Pairs([0, 0, 1, 2], [0, 0, 1, 0])
    net = ns.Network(
        [ns.Population("x", 3, ns.SpikeInput), ns.Population("h", 2, ns.CubaLIF(du=0.5, dv=0.1, theta=1.0))],
        [ns.Projection("p", "x", "h", connectivity=pairs)],
    )
    schedule = ns.Schedule([ns.Phase("run", 20)], [ns.Probe("h.v", "step")], {"x.x": "events"})
    program = ns.lower(net, schedule, precision=whole_numbers.NUMBERS)
    learned = {**{n: np.zeros(s) for n, s in program.shapes().items()}, "p.w": np.array([0.25, 0.5, -0.25, 0.125])}
    example = whole_numbers.Example(program, learned, ns.Trials({"x.x": np.ones((1, 20, 3))}))
    assert_equal(example, example.on(FIRMWARE)[0], example.on(REFERENCE)[0])


# refusals


def test_numbers_that_are_not_whole_are_refused() -> None:
    exact, _ = whole_numbers.learning().program.exact or pytest.fail("no equations before rounding")
    with pytest.raises(ModelError, match="whole numbers alone"):
        FIRMWARE.compile(replace(exact, exact=None))


def test_functions_that_whole_numbers_do_not_have_are_refused_by_name() -> None:
    units = ns.NeuronModel("Tanh", {"s": 0.0}, {}, {"s": "tanh(drive)"}, output="s")
    net = ns.Network([ns.Population("x", 2, ns.Clamp), ns.Population("h", 2, units)], [ns.Projection("p", "x", "h")])
    schedule = ns.Schedule([ns.Phase("run", 2)], [ns.Probe("h.s", "step")], {"x.s": "constant"})
    with pytest.raises(UnsupportedFeature, match=r"'tanh\(.*\)' in whole numbers"):
        FIRMWARE.compile(ns.lower(net, schedule, precision=whole_numbers.NUMBERS))


def test_a_program_that_is_too_large_is_refused_with_what_fits() -> None:
    net = ns.Network(
        [ns.Population("x", 5000, ns.Clamp), ns.Population("h", 5000, ns.RateUnit(eps=0.5))],
        [ns.Projection("p", "x", "h")],
    )
    schedule = ns.Schedule([ns.Phase("run", 2)], [ns.Probe("h.s", "end:run")], {"x.s": "constant"})
    with pytest.raises(UnsupportedFeature, match=r"25000000 synapses \(at most \d+\)"):
        FIRMWARE.compile(ns.lower(net, schedule, precision=whole_numbers.NUMBERS))


def test_a_value_beyond_a_slot_is_refused() -> None:
    example = whole_numbers.learning()
    shown = {**example.trials.stimuli, "y.target": np.full((20, 3), 100.0)}
    with pytest.raises(UnsupportedFeature, match=r"a value of y.target beyond 32"):
        replace(example, trials=ns.Trials(shown)).on(FIRMWARE)


@pytest.mark.parametrize("link", ["proces", "tcp:somewhere", "serial:/dev/x?bauds=1"])
def test_a_link_that_is_none_is_refused(link: str) -> None:
    with pytest.raises(InputError, match="link = "):
        BoardBackend("board", link)
