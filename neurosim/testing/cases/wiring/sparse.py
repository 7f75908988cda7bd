"""Small runs of every connectivity, with rules of every moment, delays, both directions and weights as expressions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurosim.model.connectivity import OneToOne, Pairs
from neurosim.model.learning import ArrivalSTDP, BinaryPropagation, EquilibriumPropagation, SleepPlasticity
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, Heaviside, RateUnit, SpikeInput, TracedLIF
from neurosim.model.synapses import Binary, Traced
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.testing.cases.library import weights
from neurosim.testing.cases.small import Case, generator


def _some_of(seed: int, pre: int, post: int, share: float) -> Pairs:
    """About this share of all pairs, in no order."""
    random = generator(seed)
    pairs = np.argwhere(random.random((pre, post)) < share)
    random.shuffle(pairs)
    return Pairs(pairs[:, 0], pairs[:, 1])


def _any_of(seed: int, pre: int, post: int, synapses: int) -> Pairs:
    """So many synapses between any pairs, several of them between some, in no order."""
    random = generator(seed)
    return Pairs(random.integers(0, pre, synapses), random.integers(0, post, synapses))


def sparse_propagation(length: float = 1.0) -> Case:
    """Equilibrium propagation through pairs, one to one, and binary pairs, the last two in both directions."""
    rule = EquilibriumPropagation(lr=0.05)
    network = Network(
        [
            Population("input", 12, Clamp),
            Population("first", 10, RateUnit),
            Population("second", 10, RateUnit),
            Population("output", 5, RateUnit),
        ],
        [
            Projection("pairs", "input", "first", learning=[rule], connectivity=_some_of(60, 12, 10, 0.4)),
            Projection("ones", "first", "second", learning=[rule], reciprocal=True, connectivity=OneToOne()),
            Projection(
                "binary", "second", "output", Binary(scale=0.25), [BinaryPropagation(lr=0.05, m=1.35)], True,
                connectivity=_some_of(61, 10, 5, 0.5),
            ),
        ],
    )  # fmt: skip
    schedule = Schedule(
        [Phase("free", 12, assign={"s_free": "s"}), Phase("nudged", 4, {"output.beta": 0.5})],
        [Probe("output.s", "end:free"), Probe("second.s", "end:nudged")],
        {"input.s": "constant", "output.target": "constant"},
    )
    random, count = generator(62), round(40 * length)
    stimuli = {"input.s": random.random((count, 12)), "output.target": np.eye(5)[random.integers(0, 5, count)]}
    return Case("sparse_propagation", network, schedule, weights(network, 63, -0.3, 0.6), Trials(stimuli))


def sparse_spikes(length: float = 1.0) -> Case:
    """Spikes through pairs and one to one, learned from at each spike of the target."""
    rule = SleepPlasticity(inc=2.0**-9, dec=2.0**-11)
    unit = Heaviside(theta=0.5, decay=0.95)
    network = Network(
        [Population("input", 14, SpikeInput), Population("first", 12, unit), Population("second", 12, unit)],
        [
            Projection("pairs", "input", "first", learning=[rule], connectivity=_some_of(64, 14, 12, 0.5)),
            Projection("ones", "first", "second", learning=[rule], reciprocal=True, connectivity=OneToOne()),
            Projection("lateral", "second", "second", connectivity=_some_of(65, 12, 12, 0.2)),
        ],
    )
    steps = round(400 * length)
    probes = [Probe("first.spike", "step"), Probe("second.spike", "step"), Probe("second.v", "end:sleep")]
    schedule = Schedule([Phase("sleep", steps)], probes, {"input.x": "events"})
    spikes = Events.from_dense(generator(66).random((1, steps, 14)) < 0.2)
    return Case("sparse_spikes", network, schedule, weights(network, 67, -0.2, 0.5), Trials({"input.x": spikes}))


def sparse_traces(length: float = 1.0) -> Case:
    """Traces of what arrives in every step, through pairs and, late, one to one."""
    unit = TracedLIF(theta=0.5)
    rule = ArrivalSTDP(w_max=0.5)
    network = Network(
        [Population("input", 10, SpikeInput), Population("first", 8, unit), Population("second", 8, unit)],
        [
            Projection("pairs", "input", "first", Traced, [rule], connectivity=_some_of(68, 10, 8, 0.5)),
            Projection("late", "first", "second", Traced, [rule], delay=3, connectivity=OneToOne()),
        ],
    )
    steps = round(120 * length)
    probes = [Probe("first.spike", "step"), Probe("second.spike", "step"), Probe("second.trace", "end:run")]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events"})
    spikes = Events.from_dense(generator(69).random((3, steps, 10)) < 0.25)
    return Case("sparse_traces", network, schedule, weights(network, 70, 0.0, 0.45), Trials({"input.x": spikes}))


def several_synapses(length: float = 1.0) -> Case:
    """Several synapses between a pair: of spikes and of values, in both directions, learned from at spikes and ends."""
    unit = Heaviside(theta=0.5, decay=0.95)
    spike_rule = SleepPlasticity(inc=2.0**-9, dec=2.0**-11)
    network = Network(
        [Population("input", 8, SpikeInput), Population("fired", 6, unit), Population("graded", 5, RateUnit)],
        [
            Projection("spikes", "input", "fired", learning=[spike_rule], connectivity=_any_of(71, 8, 6, 60)),
            Projection("back", "fired", "fired", connectivity=_any_of(72, 6, 6, 20), delay=2),
            Projection(
                "values", "graded", "graded", learning=[EquilibriumPropagation(lr=0.05)],
                connectivity=_any_of(73, 5, 5, 30),
            ),
            Projection("shown", "fired", "graded", reciprocal=False, connectivity=_any_of(74, 6, 5, 40)),
        ],
    )  # fmt: skip
    phases = [Phase("free", round(60 * length), assign={"graded.s_free": "s"}), Phase("nudged", 5)]
    probes = [Probe("fired.spike", "step"), Probe("graded.s", "end:nudged"), Probe("fired.v", "end:free")]
    schedule = Schedule(phases, probes, {"input.x": "events", "graded.target": "constant"})
    random, count = generator(75), 4
    spikes = Events.from_dense(random.random((count, phases[0].steps + 5, 8)) < 0.2)
    trials = Trials({"input.x": spikes, "graded.target": random.random((count, 5))})
    learned = weights(network, 76, -0.2, 0.3)
    return Case("several_synapses", network, schedule, learned, trials, {"graded.beta": 0.5})


WIRING: dict[str, Callable[[float], Case]] = {
    f.__name__: f for f in (sparse_propagation, sparse_spikes, sparse_traces, several_synapses)
}
"""All cases of connectivity by name; each takes its length, 1 for the whole."""
