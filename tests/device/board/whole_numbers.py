"""Small networks in whole numbers, with trials for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

import neurosim as ns
from neurosim.backend.contract import Backend, Records
from neurosim.model.randomness import stream
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Trials

NUMBERS = ns.FixedPoint.loihi2(weight_exponent=-8, largest_loss=float("inf"))


@dataclass(frozen=True)
class Example:
    """A program, first values of what it learns, and trials."""

    program: Program
    learned: dict[str, Array]
    trials: Trials

    def on(self, backend: Backend, learn: bool = True) -> tuple[Records, dict[str, Array]]:
        """What a backend records of it, and what it has learned."""
        with backend.compile(self.program) as session:
            session.write(self.learned)
            records = session.run(self.trials, learn=learn)
            return records, session.read()


@cache
def learning(trials: int = 20) -> Example:
    """Equilibrium propagation in three layers, the last one reciprocal."""
    rates, rules = ns.RateUnit(eps=0.5), [ns.EquilibriumPropagation(lr=0.1, beta=0.5)]
    biases = [ns.BiasPropagation(lr=0.05, beta=0.5)]
    net = ns.Network(
        [
            ns.Population("x", 12, ns.Clamp),
            ns.Population("h", 10, rates, biases),
            ns.Population("y", 3, rates, biases),
        ],
        [ns.Projection("xh", "x", "h", learning=rules), ns.Projection("hy", "h", "y", learning=rules, reciprocal=True)],
    )
    free = ns.Phase("free", 12, assign={"s_free": "s"})
    probes = [ns.Probe("y.s", "end:free"), ns.Probe("h.s", "step", every=3), ns.Probe("h.bias", "end:nudged")]
    schedule = ns.Schedule(
        [free, ns.Phase("nudged", 5, {"y.beta": 0.5})], probes, {"x.s": "constant", "y.target": "constant"}
    )
    random = stream(0, "boards", "learning")
    shown = {"x.s": random.random((trials, 12)), "y.target": random.random((trials, 3)).round()}
    return _example(net, schedule, ns.Trials(shown), -0.2, 0.5)


@cache
def recurrent_spikes(trials: int = 4, steps: int = 100) -> Example:
    """A recurrent spiking network whose projections have delays; about a fifth of its neurons spike in a step."""
    cells = ns.CubaLIF(du=0.5, dv=0.1, theta=1.0)
    net = ns.Network(
        [ns.Population("x", 20, ns.SpikeInput), ns.Population("h", 37, cells)],
        [ns.Projection("xh", "x", "h", delay=3), ns.Projection("hh", "h", "h", delay=2)],
    )
    probes = [ns.Probe("h.spike", "step"), ns.Probe("x.spike", "step"), ns.Probe("h.v", "step", units=range(5))]
    schedule = ns.Schedule([ns.Phase("run", steps)], probes, {"x.x": "events"})
    random = stream(0, "boards", "spikes")
    shown = {"x.x": (random.random((trials, steps, 20)) < 0.1).astype(float)}
    return _example(net, schedule, ns.Trials(shown), -0.3, 0.3)


def _example(net: ns.Network, schedule: ns.Schedule, trials: Trials, smallest: float, largest: float) -> Example:
    program = ns.lower(net, schedule, precision=NUMBERS)
    random = stream(1, "boards", "weights")
    drawn = {
        n: random.uniform(smallest, largest, shape) if len(shape) == 2 else np.zeros(shape)
        for n, shape in program.shapes().items()
    }
    return Example(program, ns.quantise(drawn, program)[0], trials)
