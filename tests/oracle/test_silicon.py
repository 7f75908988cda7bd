"""Each imperfection of a chip alone against a plain loop, on two backends; what is drawn for it against its figure."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

import neurosim as ns
from neurosim.device.imperfections.fabrication import LEAST_GAIN, Fabricated
from neurosim.device.silicon import Silicon
from neurosim.model.randomness import stream
from neurosim.program.precision import on_grid

Array = NDArray[np.float64]

BACKENDS = ["reference", "nengo"]
UNITS, INPUTS, STEPS, TRIALS = 12, 8, 30, 3
SEED = 11
PHASE = "train/0"
TAU, THETA = 10.0, 1.0

ALONE = {
    "nothing": {},
    "gain": {"gain": 0.3},
    "offset": {"offset": 0.1},
    "mismatch of a time constant": {"mismatch": {"tau_mem": 0.3}},
    "mismatch of a threshold": {"mismatch": {"theta": 0.2}},
    "step noise": {"step_noise": 0.1},
    "drift": {"drift": 200.0},
    "dead neurons": {"dead_neurons": 0.3},
    "dropped": {"dropped": 0.3},
    "doubled": {"doubled": 0.3},
    "late": {"late": 0.3},
    "weight bits": {"weight_bits": 4, "weight_range": 2.0},
    "weight gain": {"weight_gain": 0.3},
    "weight offset": {"weight_offset": 0.1},
    "write noise": {"write_noise": 0.1},
    "write noise of each trial": {"write_noise": 0.1, "reprogram": 1},
    "dead synapses": {"dead_synapses": 0.3},
    "stuck synapses": {"stuck_synapses": 0.3},
    "all": {
        "gain": 0.2, "offset": 0.05, "mismatch": {"tau_mem": 0.1, "theta": 0.1}, "step_noise": 0.05, "drift": 50.0,
        "dead_neurons": 0.1, "dropped": 0.1, "doubled": 0.1, "late": 0.1, "weight_bits": 5, "weight_gain": 0.1,
        "weight_offset": 0.05, "write_noise": 0.05, "reprogram": 2, "dead_synapses": 0.1, "stuck_synapses": 0.1,
    },
}  # fmt: skip


def network() -> ns.Network:
    lif = ns.LIF(tau_mem=TAU, theta=THETA)
    return ns.Network(
        [ns.Population("x", INPUTS, ns.SpikeInput), ns.Population("h", UNITS, lif)],
        [ns.Projection("xh", "x", "h"), ns.Projection("hh", "h", "h")],
    )


def schedule() -> ns.Schedule:
    return ns.Schedule(
        [ns.Phase("run", STEPS)], [ns.Probe("h.v", "step"), ns.Probe("h.spike", "step")], {"x.x": "events"}
    )


WEIGHTS = {
    "xh.w": on_grid(stream(1, "xh").uniform(-0.2, 0.8, (INPUTS, UNITS)), 24),
    "hh.w": on_grid(stream(1, "hh").uniform(-0.4, 0.4, (UNITS, UNITS)), 24),
}
SHOWN = (stream(1, "x").random((TRIALS, STEPS, INPUTS)) < 0.2).astype(float)


def on_chip(backend: str, figures: dict[str, object]) -> tuple[Array, Array]:
    program = ns.lower(network(), schedule(), precision=ns.Grid())
    device = ns.device.mock(backend, seed=SEED, **figures)
    with device.compile(program) as session:
        session.write(WEIGHTS)
        records = session.run(ns.Trials({"x.x": ns.Events.from_dense(SHOWN)}, phase=PHASE))
        assert {n: a.tolist() for n, a in session.read().items() if n in WEIGHTS} == {
            n: a.tolist() for n, a in WEIGHTS.items()
        }
    assert records.kind == "mock"
    return records["h.v@step"], records["h.spike@step"].dense()


class Loop:
    """The same chip, one neuron and one synapse after another in what it says, with no program."""

    def __init__(self, figures: dict[str, object]):
        self.silicon = Silicon(**figures)
        self.chip = Fabricated(self.silicon, SEED)

    def delivered(self, name: str, trial: int) -> Array:
        s, w = self.silicon, WEIGHTS[f"{name}.w"]
        if s.weight_bits is not None:
            q = s.weight_range * 2.0 ** (1 - s.weight_bits)
            w = np.clip(np.floor(w / q + 0.5) * q, -s.weight_range, s.weight_range - q)
        w = self.chip.synapse_gain(name, w.shape).values * w + self.chip.synapse_offset(name, w.shape).values
        if s.write_noise:
            index = 0 if s.reprogram is None else trial // s.reprogram
            w = w + on_grid(self.chip.programming(name, w.shape, PHASE, index), 24)
        w = self.chip.alive_synapses(name, w.shape).values * w
        is_stuck, stuck_at = self.chip.stuck(name, w.shape)
        return on_grid(np.where(is_stuck.values > 0, stuck_at.values, w), 24)

    def drawn(self, what: str, trial: int) -> np.random.Generator:
        return stream(SEED, "device", what, "h", PHASE, trial, 0)

    def run(self) -> tuple[Array, Array]:
        s, chip = self.silicon, self.chip
        tau = TAU * (chip.deviation("h", "tau_mem", UNITS).values if "tau_mem" in s.mismatch else np.ones(UNITS))
        theta = THETA * (chip.deviation("h", "theta", UNITS).values if "theta" in s.mismatch else np.ones(UNITS))
        decay = np.array([math.exp(-1.0 / t) for t in tau]) if s.mismatch else np.full(UNITS, math.exp(-1.0 / TAU))
        gain, offset = chip.gain("h", UNITS).values, chip.offset("h", UNITS).values
        alive = chip.alive_neurons("h", UNITS).values > 0
        voltages, spikes = np.zeros((TRIALS, STEPS, UNITS)), np.zeros((TRIALS, STEPS, UNITS))
        for trial in range(TRIALS):
            forward, recurrent = self.delivered("xh", trial), self.delivered("hh", trial)
            noise = s.step_noise * self.drawn("step_noise", trial).standard_normal((STEPS, UNITS))
            fate = self.drawn("spikes", trial).random((STEPS, UNITS))
            drift = 1 + chip.drift("h", UNITS) * trial
            v, sent, waiting = np.zeros(UNITS), np.zeros(UNITS), np.zeros(UNITS)
            for k in range(STEPS):
                arrives = SHOWN[trial, k] @ forward + sent @ recurrent
                v = decay * v + (drift * gain * arrives + offset + noise[k])
                fires = (v >= theta) & alive
                v = np.where(fires, v - theta, v)
                copies = np.where(fate[k] < s.dropped, 0.0, np.where(fate[k] < s.dropped + s.doubled, 2.0, 1.0))
                late = (fate[k] >= s.dropped + s.doubled) & (fate[k] < s.dropped + s.doubled + s.late)
                sent = waiting + np.where(fires & ~late, copies, 0.0)
                waiting = np.where(fires & late, copies, 0.0)
                voltages[trial, k], spikes[trial, k] = v, fires
        return voltages, spikes


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("figures", ALONE.values(), ids=ALONE)
def test_a_chip_is_what_a_loop_of_its_definition_is(backend: str, figures: dict[str, object]) -> None:
    voltages, spikes = on_chip(backend, figures)
    expected, fired = Loop(figures).run()
    assert fired.sum() > 20
    assert np.array_equal(spikes, fired)
    np.testing.assert_allclose(voltages, expected, rtol=0, atol=1e-13)  # exp of NumPy and of math


@pytest.mark.parametrize(
    "figures", [f for n, f in ALONE.items() if n != "nothing"], ids=[n for n in ALONE if n != "nothing"]
)
def test_each_imperfection_shows(figures: dict[str, object]) -> None:
    voltages, _ = on_chip("reference", figures)
    ideal, _ = on_chip("reference", {})
    assert not np.array_equal(voltages, ideal)


def test_an_ideal_chip_is_the_program_without_one() -> None:
    program = ns.lower(network(), schedule(), precision=ns.Grid())
    with ns.device.mock(seed=SEED).compile(program) as session:
        assert session.changed == program


def test_another_seed_is_another_chip() -> None:
    first, second = (Fabricated(Silicon(gain=0.2), seed).gain("h", 100).values for seed in (1, 2))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.3


MANY = (400, 500)


@pytest.mark.parametrize(
    ("figures", "draw", "mean", "sd"),
    [
        ({"gain": 0.2}, lambda c: c.gain("h", 200_000), 1.0, 0.2),
        ({"offset": 0.05}, lambda c: c.offset("h", 200_000), 0.0, 0.05),
        ({"mismatch": {"theta": 0.1}}, lambda c: c.deviation("h", "theta", 200_000), 1.0, 0.1),
        ({"weight_gain": 0.1}, lambda c: c.synapse_gain("w", MANY), 1.0, 0.1),
        ({"weight_offset": 0.1, "weight_range": 2.0}, lambda c: c.synapse_offset("w", MANY), 0.0, 0.2),
        ({"drift": 0.5}, lambda c: c.drift("h", 200_000) * 1000, 0.0, 0.5),
        ({"write_noise": 0.03, "weight_range": 2.0}, lambda c: c.programming("w", MANY, PHASE, 3), 0.0, 0.06),
        ({"dead_neurons": 0.02}, lambda c: c.alive_neurons("h", 200_000), 0.98, math.sqrt(0.02 * 0.98)),
        ({"dead_synapses": 0.1}, lambda c: c.alive_synapses("w", MANY), 0.9, 0.3),
        ({"stuck_synapses": 0.1}, lambda c: c.stuck("w", MANY)[0], 0.1, 0.3),
        ({"stuck_synapses": 0.1, "weight_range": 2.0}, lambda c: c.stuck("w", MANY)[1], 0.0, 2 / math.sqrt(3)),
    ],
    ids=["gain", "offset", "mismatch", "weight gain", "weight offset", "drift", "write noise", "dead neurons",
         "dead synapses", "stuck synapses", "where they are stuck"],
)  # fmt: skip
def test_what_is_drawn_has_the_figure(figures, draw, mean: float, sd: float) -> None:
    """200,000 draws: the mean and the standard deviation lie within five of their standard errors."""
    found = draw(Fabricated(Silicon(**figures), 5))
    values = np.asarray(getattr(found, "values", found))
    assert abs(values.mean() - mean) < 5 * sd / math.sqrt(values.size)
    assert abs(values.std() - sd) < 5 * sd / math.sqrt(values.size)


def test_a_gain_is_never_below_its_least() -> None:
    assert Fabricated(Silicon(gain=2.0), 5).gain("h", 1000).values.min() == LEAST_GAIN


def test_fates_of_spikes_have_their_probabilities() -> None:
    """100,000 spikes of neurons that fire in each step."""
    constant = ns.NeuronModel("Always", {"v": 0.0}, update={"v": "0*drive + 1"}, spike="v > 0", output="spike")
    count = ns.NeuronModel("Count", {"n": 0.0}, update={"n": "clip(drive, 0, 10)"}, output="n")
    net = ns.Network(
        [ns.Population("a", 100, constant), ns.Population("b", 100, count)],
        [ns.Projection("ab", "a", "b", connectivity=ns.OneToOne())],
    )
    program = ns.lower(net, ns.Schedule([ns.Phase("run", 1000)], [ns.Probe("b.n", "step")]), precision=ns.Grid())
    device = ns.device.mock(seed=SEED, dropped=0.1, doubled=0.2)
    with device.compile(program) as session:
        session.write({"ab.w": np.ones(100)})
        arrived = session.run(ns.Trials({}, 1))["b.n@step"][0, 1:]
    for copies, p in ((0, 0.1), (1, 0.7), (2, 0.2)):
        assert abs((arrived == copies).mean() - p) < 5 * math.sqrt(p * (1 - p) / arrived.size)
