"""What a host reads of a chip, and learns from it, against a plain loop; and that it follows from the chip alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from outcomes import assert_same, left, outcome

import neurosim as ns
from neurosim.device import mock
from neurosim.device.host_learning.readings import Readings
from neurosim.device.silicon import Readout
from neurosim.errors import UnsupportedFeature
from neurosim.model.randomness import stream
from neurosim.program.precision import Float64
from neurosim.program.variables import VariableKey
from neurosim.testing.targets import case_named

Array = NDArray[np.float64]

SIZES = (6, 5, 3)
FREE, NUDGED, BETA, LR, EPS = 8, 4, 0.5, 0.1, 0.5
SEED, PART, TRIALS, FIRST = 3, "train/0", 5, 2
READOUT = Readout(bits=5, low=-0.5, high=1.5, noise=0.02, bias=0.03, common_bias=0.1)

INPUTS = stream(1, "x").random((TRIALS, SIZES[0]))
TARGETS = np.eye(SIZES[2])[stream(1, "y").integers(0, SIZES[2], TRIALS)]
WEIGHTS = {"ih.w": stream(1, "ih").uniform(-0.5, 0.5, SIZES[:2]), "ho.w": stream(1, "ho").uniform(-0.5, 0.5, SIZES[1:])}


@cache
def program() -> ns.Program:
    unit, rule = ns.RateUnit(eps=EPS), ns.EquilibriumPropagation(lr=LR, beta=BETA)
    network = ns.Network(
        [
            ns.Population("i", SIZES[0], ns.Clamp),
            ns.Population("h", SIZES[1], unit, [ns.BiasPropagation(lr=LR, beta=BETA)]),
            ns.Population("o", SIZES[2], unit),
        ],
        [
            ns.Projection("ih", "i", "h", learning=[rule]),
            ns.Projection("ho", "h", "o", learning=[rule], reciprocal=True),
        ],
    )
    phases = [ns.Phase("free", FREE, assign={"s_free": "s"}), ns.Phase("nudged", NUDGED, {"o.beta": BETA})]
    probes = [ns.Probe("o.s", "end:free"), ns.Probe("h.s", "end:nudged", units=[4, 1])]
    return ns.lower(network, ns.Schedule(phases, probes, {"i.s": "constant", "o.target": "constant"}))


def by_hand() -> tuple[dict[str, Array], list[Array], list[Array]]:
    """The states of the chip are exact; the host knows its input, and reads all else."""
    r, w, bias = READOUT, {n: a.copy() for n, a in WEIGHTS.items()}, np.zeros(SIZES[1])
    outputs, hidden = [], []

    def drawn(*name: str | int, size: int) -> Array:
        return stream(SEED, "device", "readout", *name).standard_normal(size)

    def read(x: Array, group: str, phase: str, trial: int) -> Array:
        y = (
            x
            + r.common_bias * drawn("common_bias", group, size=len(x))
            + r.bias * drawn("bias", group, phase, size=len(x))
        )
        y = y + r.noise * drawn("noise", f"{group}.s", PART, FIRST + trial, phase, size=len(x))
        return np.floor(np.clip(y, r.low, r.high) * 2**r.bits / (r.high - r.low) + 0.5) * (r.high - r.low) / 2**r.bits

    for trial, (x, target) in enumerate(zip(INPUTS, TARGETS, strict=True)):
        h, o, seen = np.zeros(SIZES[1]), np.zeros(SIZES[2]), {}
        for phase, steps, beta in (("free", FREE, 0.0), ("nudged", NUDGED, BETA)):
            for _ in range(steps):
                to_h, to_o = x @ w["ih.w"] + o @ w["ho.w"].T + bias, h @ w["ho.w"] + beta * (target - o)
                h, o = np.clip(h + EPS * (to_h - h), 0, 1), np.clip(o + EPS * (to_o - o), 0, 1)
            seen[phase] = read(h, "h", phase, trial), read(o, "o", phase, trial)
        (h0, o0), (h1, o1) = seen["free"], seen["nudged"]
        outputs.append(o0)
        hidden.append(h1[[4, 1]])
        w["ih.w"] += LR / BETA * (np.outer(x, h1) - np.outer(x, h0))
        w["ho.w"] += LR / BETA * (np.outer(h1, o1) - np.outer(h0, o0))
        bias = bias + LR / BETA * (h1 - h0)
    return {**w, "h.bias": bias}, outputs, hidden


@pytest.mark.parametrize("on", ["reference", "nengo"])
def test_what_is_learned_from_readings_is_what_a_loop_finds(on: str) -> None:
    with mock(on, seed=SEED, readout=READOUT).compile(program()) as session:
        session.write(WEIGHTS)
        trials = ns.Trials({"i.s": INPUTS, "o.target": TARGETS}, phase=PART, first=FIRST)
        records, learned = session.run(trials), session.read()
    expected, outputs, hidden = by_hand()
    np.testing.assert_allclose(records["o.s@end:free"], outputs, rtol=0, atol=1e-12)
    np.testing.assert_allclose(records["h.s@end:nudged"], hidden, rtol=0, atol=1e-12)
    for name, values in expected.items():
        np.testing.assert_allclose(learned[name], values, rtol=0, atol=1e-12, err_msg=name)
    assert np.abs(learned["h.bias"]).max() > 0.01


@cache
def readings_of(readout: Readout, seed: int) -> Readings:
    return Readings(program(), readout, seed)


def reading(
    readout: Readout, trial: int = 0, variable: str = "s", phase: int = 0, seed: int = 1, size: int = 0
) -> Array:
    return readings_of(readout, seed).at_end(np.zeros(SIZES[2]), VariableKey("o", variable), phase, ("test/0", trial))


def test_the_noise_of_readings_has_its_spread_and_no_two_are_alike() -> None:
    found = np.array([reading(Readout(noise=0.2), trial) for trial in range(2000)])
    assert abs(found.mean()) < 0.01
    assert found.std() == pytest.approx(0.2, rel=0.03)
    assert np.abs(np.corrcoef(found.T) - np.eye(SIZES[2])).max() < 0.1


def test_a_bias_is_one_of_its_phase_and_a_common_one_is_of_all() -> None:
    own, common = Readout(bias=0.2), Readout(common_bias=0.2)
    assert np.array_equal(reading(own, trial=0), reading(own, trial=9))
    assert not np.array_equal(reading(own, phase=0), reading(own, phase=1))
    assert np.array_equal(reading(common, phase=0), reading(common, phase=1))
    assert not np.array_equal(reading(common, seed=1), reading(common, seed=2))
    found = np.array([reading(own, seed=seed) for seed in range(700)])
    assert found.std() == pytest.approx(0.2, rel=0.05)


def test_a_state_that_keeps_an_earlier_one_was_read_when_that_was() -> None:
    for readout in (Readout(noise=0.2), Readout(bias=0.2)):
        assert np.array_equal(reading(readout, variable="s_free", phase=1), reading(readout, variable="s", phase=0))
        assert not np.array_equal(reading(readout, variable="s_free", phase=1), reading(readout, variable="s", phase=1))


def test_steps_are_those_of_the_converter_and_its_range_cuts() -> None:
    readings = Readings(program(), Readout(bits=2, low=0.0, high=1.0), 0)
    values = np.array([-3.0, 0.3, 1.7])
    assert readings.at_end(values, VariableKey("o", "s"), 0, ("", 0)).tolist() == [0.0, 0.25, 1.0]
    assert reading(Readout()).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("on", ["brian2:numpy", "nengo:fused", "lava:fused"])
def test_readings_are_the_same_on_every_simulator(on: str) -> None:
    readout = Readout(bits=6, noise=0.01, bias=0.01)
    found, expected = (outcome(mock(s, seed=5, readout=readout), "ep_one_sided") for s in (on, "reference"))
    assert_same(found, expected)
    assert not np.array_equal(found[1]["input_hidden.w"], outcome(mock(), "ep_one_sided")[1]["input_hidden.w"])


def test_readings_do_not_follow_from_how_trials_are_cut() -> None:
    case = case_named("ep_one_sided", 0.1)
    device, exact = mock(seed=5, readout=Readout(noise=0.05)), case.program(Float64())
    whole = left(device, case, exact, "train/1")
    trials = replace(case.trials, phase="train/1")
    with device.compile(exact) as session:
        session.write(case.learned)
        parts = [session.run(trials.part(k, k + 2)) for k in (0, 2, 4)]
        assert all(np.array_equal(a, whole[1][n]) for n, a in session.read().items())
    found = np.concatenate([r["output.s@end:free"] for r in parts])
    assert np.array_equal(found, whole[0]["output.s@end:free"])
    assert not np.array_equal(found, left(device, case, exact, "train/2")[0]["output.s@end:free"])


def test_one_more_probe_of_a_state_is_the_reading_that_rules_have() -> None:
    case = case_named("ep_one_sided", 0.1)
    more = [*case.schedule.probes, ns.Probe("hidden.s_free", "end:nudged"), ns.Probe("hidden.s", "end:free")]
    watched = replace(case, schedule=replace(case.schedule, probes=more))
    device = mock(seed=5, readout=Readout(noise=0.05))
    found, plain = (left(device, c, c.program(Float64())) for c in (watched, case))
    assert all(np.array_equal(a, plain[1][n]) for n, a in found[1].items())
    assert np.array_equal(found[0]["hidden.s_free@end:nudged"], found[0]["hidden.s@end:free"])


def test_of_a_chip_with_spikes_alone_no_state_is_read() -> None:
    device = mock(loop=1, readout=Readout(spikes_only=True))
    with pytest.raises(UnsupportedFeature, match=r"a rule that reads hidden\.s"):
        device.compile(case_named("ep_one_sided", 0.1).program())
    with pytest.raises(UnsupportedFeature, match=r"the probe recurrent\.v@end:run"):
        device.compile(case_named("recurrent_spiking", 0.1).program())
    case = case_named("sleep", 0.1)
    spikes = [q for q in case.schedule.probes if q.variable.endswith(".spike")]
    night = replace(case, schedule=replace(case.schedule, probes=spikes))
    assert_same(left(device, night, night.program()), left(mock(), night, night.program()))
    assert device.capabilities().readout.variables == ("spike",)


def test_every_step_has_a_reading_of_its_own_wherever_a_trial_is_cut() -> None:
    case = case_named("ep_one_sided", 0.1)
    watched = replace(case, schedule=replace(case.schedule, probes=[ns.Probe("hidden.s", "step")]))
    noise = []
    for loop in ("trial", 5):
        found = left(mock(seed=5, loop=loop, readout=Readout(noise=0.05)), watched, watched.program(), "test/0")
        exact = left(mock(seed=5, loop=loop), watched, watched.program())
        noise.append(found[0]["hidden.s@step"][0] - exact[0]["hidden.s@step"][0])
    assert np.array_equal(*noise)
    steps = np.corrcoef(noise[0])
    assert np.abs(steps - np.eye(len(steps))).max() < 0.9
    assert noise[0].std() == pytest.approx(0.05, rel=0.1)


def test_each_part_of_a_run_has_a_programming_of_its_own() -> None:
    case = case_named("ep_one_sided", 0.1)
    device, program = mock(seed=5, loop="trial", write_noise=0.1), case.program()
    alone = left(device, case, program, "test/1")[0]["output.s@end:free"]
    with device.compile(program) as session:
        session.write(case.learned)
        session.run(replace(case.trials, phase="test/0"), learn=False)
        found = session.run(replace(case.trials, phase="test/1"))["output.s@end:free"]
    assert np.array_equal(found, alone)
