"""Small runs of which some is recorded: some neurons, some steps, what is learned."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurosim.model.connectivity import Pairs
from neurosim.model.learning import BiasPropagation, EquilibriumPropagation, SleepPlasticity
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, Heaviside, RateUnit, SpikeInput
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.testing.cases.library import weights
from neurosim.testing.cases.small import Case, generator


def some_recorded(length: float = 1.0) -> Case:
    """Some neurons, in no order and twice, and their spikes; every third step; synapses while they are learned."""
    random = generator(100)
    pairs = Pairs(random.integers(0, 9, 40), random.integers(0, 7, 40))
    rule = SleepPlasticity(inc=2.0**-9, dec=2.0**-11)
    unit = Heaviside(theta=0.5, decay=0.9)
    network = Network(
        [Population("input", 9, SpikeInput), Population("first", 7, unit), Population("second", 5, unit)],
        [
            Projection("feed", "input", "first", learning=[rule], connectivity=pairs),
            Projection("late", "input", "first", connectivity=pairs, delay=random.integers(1, 5, 40), learning=[rule]),
            Projection("forth", "first", "second", learning=[rule], reciprocal=True),
        ],
    )
    early, steps = round(20 * length), round(40 * length)
    probes = [
        Probe("first.v", "step", units=[6, 0, 3, 3]),
        Probe("second.v", "step", every=3),
        Probe("first.v", "step", units=range(2, 7, 2), every=7, label="few"),
        Probe("second.v", "end:rest", units=[4, 1]),
        Probe("first.spike", "step", units=[5, 1, 2]),
        Probe("second.spike", "step"),
        Probe("feed.w", "step", every=5),
        Probe("feed.w", "step", units=[39, 0, 17, 17], label="some_synapses"),
        Probe("late.w", "end:early"),
        Probe("forth.w", "end:rest"),
        Probe("forth.w", "step", units=[34, 3, 8], every=2),
    ]
    phases = [Phase("early", early), Phase("rest", steps, assign={"second.v": "0"})]
    schedule = Schedule(phases, probes, {"input.x": "events"})
    spikes = Events.from_dense(random.random((3, early + steps, 9)) < 0.3)
    return Case("some_recorded", network, schedule, weights(network, 101, -0.2, 0.5), Trials({"input.x": spikes}))


def learned_recorded(length: float = 1.0) -> Case:
    """Weights and biases that are learned at the end of a phase, as they are then."""
    network = Network(
        [
            Population("input", 6, Clamp),
            Population("hidden", 5, RateUnit, [BiasPropagation(lr=0.05)]),
            Population("output", 3, RateUnit),
        ],
        [
            Projection("into", "input", "hidden", learning=[EquilibriumPropagation(lr=0.05)]),
            Projection("onto", "hidden", "output", learning=[EquilibriumPropagation(lr=0.05)], reciprocal=True),
        ],
    )
    probes = [
        Probe("into.w", "end:nudged"),
        Probe("into.w", "end:free", units=[0, 29]),
        Probe("onto.w", "step", every=8),
        Probe("hidden.bias", "end:nudged"),
        Probe("hidden.bias", "step", units=[4], every=4),
        Probe("output.s", "end:free"),
    ]
    phases = [Phase("free", 12, assign={"s_free": "s"}), Phase("nudged", 4, {"output.beta": 0.5})]
    schedule = Schedule(phases, probes, {"input.s": "constant", "output.target": "constant"})
    random, count = generator(102), round(10 * length)
    stimuli = {"input.s": random.random((count, 6)), "output.target": np.eye(3)[random.integers(0, 3, count)]}
    return Case("learned_recorded", network, schedule, weights(network, 103, -0.3, 0.6), Trials(stimuli))


def still_recorded(length: float = 1.0) -> Case:
    """Weights between all pairs that spikes go through, both ways, while nothing is learned."""
    unit = Heaviside(theta=0.5, decay=0.9)
    network = Network(
        [Population("input", 7, SpikeInput), Population("first", 6, unit), Population("second", 5, unit)],
        [Projection("feed", "input", "first"), Projection("forth", "first", "second", reciprocal=True)],
    )
    steps = round(30 * length)
    probes = [
        Probe("feed.w", "step", every=9),
        Probe("forth.w", "step", units=[29, 0, 0], every=4),
        Probe("forth.w", "end:run"),
        Probe("second.spike", "step"),
    ]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events"})
    spikes = Events.from_dense(generator(104).random((2, steps, 7)) < 0.3)
    return Case("still_recorded", network, schedule, weights(network, 105, -0.2, 0.6), Trials({"input.x": spikes}))


RECORDED: dict[str, Callable[[float], Case]] = {
    f.__name__: f for f in (some_recorded, learned_recorded, still_recorded)
}
"""All cases of recordings by name; each takes its length, 1 for the whole."""
