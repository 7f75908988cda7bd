"""Small runs in which what is put out arrives late: after a delay for each synapse, or after one of an input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neurosim.model.connectivity import OneToOne, Pairs
from neurosim.model.learning import ArrivalSTDP, LearningRule, SleepPlasticity
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, Heaviside, RateUnit, SpikeInput, TracedLIF
from neurosim.model.synapses import Binary, Traced
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.testing.cases.library import weights
from neurosim.testing.cases.small import ADAPTIVE, Case, generator

ARRIVED_AT_SPIKE = LearningRule("hebb", "post.spike", {"w": "w + up*arrived - down"}, {"up": 2.0**-8, "down": 2.0**-9})
ARRIVED_AT_END = LearningRule("delta", "end:run", {"w": "w + lr*arrived*post.s"}, {"lr": 2.0**-5})


def _late(seed: int, pre: int, post: int, synapses: int, longest: int) -> tuple[Pairs, NDArray[np.integer]]:
    """So many synapses between any pairs, in no order, and a delay for each; several of some pairs differ in it."""
    random = generator(seed)
    pairs = Pairs(random.integers(0, pre, synapses), random.integers(0, post, synapses))
    return pairs, random.integers(1, longest + 1, synapses)


def late_spikes(length: float = 1.0) -> Case:
    """Spikes of an input and of populations, both ways, learned from at each spike of the target."""
    sleep = SleepPlasticity(inc=2.0**-9, dec=2.0**-11)
    unit = Heaviside(theta=0.5, decay=0.95)
    feed, forth, lateral = _late(80, 14, 12, 70, 7), _late(81, 12, 12, 60, 4), _late(82, 12, 12, 20, 13)
    network = Network(
        [Population("input", 14, SpikeInput), Population("first", 12, unit), Population("second", 12, unit)],
        [
            Projection("feed", "input", "first", learning=[sleep], connectivity=feed[0], delay=feed[1]),
            Projection(
                "forth", "first", "second", learning=[ARRIVED_AT_SPIKE], reciprocal=True,
                connectivity=forth[0], delay=forth[1],
            ),
            Projection("lateral", "second", "second", connectivity=lateral[0], delay=lateral[1]),
            Projection("prompt", "first", "second", connectivity=OneToOne()),
            Projection("alike", "input", "second", connectivity=feed[0], delay=3),
        ],
    )  # fmt: skip
    steps = round(200 * length)
    probes = [Probe("first.spike", "step"), Probe("second.spike", "step"), Probe("second.v", "end:sleep")]
    schedule = Schedule([Phase("sleep", steps)], probes, {"input.x": "events"})
    spikes = Events.from_dense(generator(83).random((2, steps, 14)) < 0.15)
    return Case("late_spikes", network, schedule, weights(network, 84, -0.5, 0.6), Trials({"input.x": spikes}))


def late_values(length: float = 1.0) -> Case:
    """Graded outputs, both ways; a rule at the end that reads what arrived, and binary weights."""
    feed, forth, back = _late(85, 8, 10, 40, 5), _late(86, 10, 6, 40, 8), _late(87, 6, 10, 20, 3)
    network = Network(
        [Population("input", 8, Clamp), Population("first", 10, ADAPTIVE), Population("second", 6, RateUnit)],
        [
            Projection("feed", "input", "first", connectivity=feed[0], delay=feed[1]),
            Projection(
                "forth", "first", "second", learning=[ARRIVED_AT_END], reciprocal=True,
                connectivity=forth[0], delay=forth[1],
            ),
            Projection(
                "back", "second", "first", Binary(scale=0.25),
                connectivity=back[0], delay=back[1],
            ),
        ],
    )  # fmt: skip
    steps = round(30 * length)
    schedule = Schedule([Phase("run", steps), Phase("after", 3)], [Probe("second.s", "step")], {"input.s": "constant"})
    trials = Trials({"input.s": generator(88).random((4, 8))})
    return Case("late_values", network, schedule, weights(network, 89, -0.3, 0.6), trials)


def late_traces(length: float = 1.0) -> Case:
    """Traces of what arrives at each synapse in every step."""
    unit = TracedLIF(theta=0.5)
    feed, forth = _late(90, 10, 8, 40, 6), _late(91, 8, 8, 30, 9)
    network = Network(
        [Population("input", 10, SpikeInput), Population("first", 8, unit), Population("second", 8, unit)],
        [
            Projection("feed", "input", "first", Traced, [ArrivalSTDP(w_max=0.5)], connectivity=feed[0], delay=feed[1]),
            Projection(
                "forth", "first", "second", Traced, [ArrivalSTDP(w_max=0.5)], connectivity=forth[0], delay=forth[1]
            ),
        ],
    )
    steps = round(120 * length)
    probes = [Probe("first.spike", "step"), Probe("second.spike", "step"), Probe("second.trace", "end:run")]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events"})
    spikes = Events.from_dense(generator(92).random((2, steps, 10)) < 0.25)
    return Case("late_traces", network, schedule, weights(network, 93, 0.0, 0.45), Trials({"input.x": spikes}))


def late_inputs(length: float = 1.0) -> Case:
    """Inputs of every kind with one delay, to all pairs and to some, and rules that read what arrived from them."""
    some = _late(94, 6, 5, 20, 1)[0]
    network = Network(
        [
            Population("still", 6, Clamp),
            Population("moving", 6, Clamp),
            Population("spikes", 6, SpikeInput),
            Population("output", 5, RateUnit),
        ],
        [
            Projection("still_output", "still", "output", delay=4, learning=[ARRIVED_AT_END]),
            Projection("moving_output", "moving", "output", delay=1, learning=[ARRIVED_AT_END]),
            Projection("spikes_output", "spikes", "output", delay=2, learning=[ARRIVED_AT_END]),
            Projection("some", "moving", "output", delay=1, connectivity=some, learning=[ARRIVED_AT_END]),
            Projection("prompt", "moving", "output", connectivity=some, learning=[ARRIVED_AT_END]),
        ],
    )
    steps = round(20 * length)
    kinds = {"still.s": "constant", "moving.s": "steps", "spikes.x": "events"}
    schedule = Schedule([Phase("run", steps)], [Probe("output.s", "step")], kinds)
    random = generator(95)
    stimuli = {"still.s": random.random((4, 6)), "moving.s": random.random((4, steps, 6))}
    spikes = Events.from_dense(random.random((4, steps, 6)) < 0.3)
    learned = weights(network, 96, -0.2, 0.4)
    return Case("late_inputs", network, schedule, learned, Trials({**stimuli, "spikes.x": spikes}))


LATE: dict[str, Callable[[float], Case]] = {f.__name__: f for f in (late_spikes, late_values, late_traces, late_inputs)}
"""All cases of delays by name; each takes its length, 1 for the whole."""
