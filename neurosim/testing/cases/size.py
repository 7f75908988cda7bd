"""Runs that are large in one thing each: units, spikes of a step, steps, trials, parts, delays.

What a small run cannot see is a counter of 8 bits, a buffer that is too short, a limit on how much is kept. The size is
what a case tests, so no target has a shorter one: `length` is not used.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from neurosim.model.connectivity import Pairs
from neurosim.model.learning import BiasPropagation, EquilibriumPropagation, SleepPlasticity
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import LIF, Clamp, Heaviside, RateUnit, SpikeInput
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.testing.cases.library import weights
from neurosim.testing.cases.small import Case, generator

UNITS, WIDE = 310, 1_100
"""More than 256 units, and more than 1,024."""


def many_units(length: float = 1.0) -> Case:
    """Hundreds of spikes in a step, of an input and of others; the last unit spikes in the first and the last step."""
    synapses = np.unique(generator(100).integers(0, UNITS * WIDE, 4_000))
    pre, post = np.divmod(synapses, WIDE)
    network = Network(
        [
            Population("input", UNITS, SpikeInput),
            Population("hidden", UNITS, LIF(theta=16.0)),
            Population("wide", WIDE, LIF),
        ],
        [
            Projection("feed", "input", "hidden", learning=[SleepPlasticity(inc=2.0**-6, dec=2.0**-7)]),
            Projection("spread", "hidden", "wide", connectivity=Pairs(pre.tolist(), post.tolist()), reciprocal=True),
        ],
    )
    steps, random = 24, generator(101)
    share = np.resize([0.0, 0.03, 0.98, 0.3], steps)
    spikes = random.random((2, steps, UNITS)) < share[:, None]
    spikes[:, [0, -1]] = False
    spikes[:, [0, -1], -1] = True
    probes = [Probe("hidden.spike", "step"), Probe("wide.spike", "step"), Probe("hidden.v", "end:run")]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events"})
    learned = weights(network, 102, -0.32, 0.384)
    learned["spread.w"] = learned["spread.w"] * 2
    return Case("many_units", network, schedule, learned, Trials({"input.x": Events.from_dense(spikes)}))


def _long(name: str, trials: int, steps: int, seed: int, learn: bool = True) -> Case:
    """One program for all of these: lengths and numbers of trials are arguments of a run."""
    rule, unit = SleepPlasticity(inc=2.0**-11, dec=2.0**-12), Heaviside(theta=0.5, decay=0.95)
    network = Network(
        [Population("input", 7, SpikeInput), Population("hidden", 11, unit), Population("output", 5, unit)],
        [
            Projection("feed", "input", "hidden", learning=[rule]),
            Projection("forth", "hidden", "output", learning=[rule], reciprocal=True, delay=2),
        ],
    )
    probes = [Probe("hidden.spike", "step"), Probe("output.spike", "step"), Probe("output.v", "end:run")]
    schedule = Schedule([Phase("run", 8)], probes, {"input.x": "events"})
    spikes = Events.from_dense(generator(seed).random((trials, steps, 7)) < 0.25)
    learned = weights(network, 103, -0.25, 0.35)
    constants = {"steps.run": float(steps)}
    return Case(name, network, schedule, learned, Trials({"input.x": spikes}), constants, learn)


def many_steps(length: float = 1.0) -> Case:
    """Trials of 1,500 steps, learning in all of them."""
    return _long("many_steps", 2, 1_500, 104)


def many_trials(length: float = 1.0) -> Case:
    """400 short trials, each of which learns."""
    return _long("many_trials", 400, 5, 105)


def many_inferences(length: float = 1.0) -> Case:
    """400 short trials in which nothing is learned, so that a backend may take many at once."""
    return _long("many_inferences", 400, 5, 106, learn=False)


def many_parts(length: float = 1.0) -> Case:
    """A chain of 12 populations, 9 phases with constants of their own, and delays of 20 and 33 steps both ways."""
    names = [f"p{i}" for i in range(12)]
    rules = [EquilibriumPropagation(lr=0.05)]
    chain = [
        Projection(f"{a}_{b}", a, b, learning=rules, reciprocal=True, delay={5: 20, 8: 33}.get(i, 1))
        for i, (a, b) in enumerate(pairwise(names))
    ]
    network = Network(
        [Population("input", 4, Clamp), *(Population(n, 3, RateUnit, [BiasPropagation(lr=0.05)]) for n in names)],
        [Projection("feed", "input", "p0", learning=rules), *chain],
    )
    free = [Phase(f"free{i}", 5 + i, {f"p{i}.eps": 0.25}) for i in range(7)]
    phases = [*free, Phase("settled", 3, assign={"s_free": "s"}), Phase("nudged", 40, {"p11.beta": 0.5})]
    probes = [Probe(f"{n}.s", "end:nudged") for n in names] + [Probe("p11.s", f"end:{p.name}") for p in free]
    schedule = Schedule(phases, probes, {"input.s": "constant", "p11.target": "constant"})
    random = generator(107)
    stimuli = {"input.s": random.random((3, 4)), "p11.target": random.random((3, 3))}
    return Case("many_parts", network, schedule, weights(network, 108, -0.45, 0.6), Trials(stimuli))


SIZE: dict[str, Callable[[float], Case]] = {
    f.__name__: f for f in (many_units, many_steps, many_trials, many_inferences, many_parts)
}
"""All cases of size by name; each takes a length, as the others do, and is whole whatever that is."""
