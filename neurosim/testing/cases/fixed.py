"""Small runs in which neurons or synapses have values of their own: constants, derived ones, and initial states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from neurosim.model.connectivity import Pairs
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import NeuronModel, RateUnit, SpikeInput, learned
from neurosim.model.synapses import SynapseModel
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Trials
from neurosim.testing.cases.library import weights
from neurosim.testing.cases.small import Case, generator

LEAKY = NeuronModel(
    "Leaky",
    {"v": 0.0, "trace": 0.0},
    {"tau": 10.0, "dt": 1.0, "theta": 1.0, "goal": 0.5, "bias": learned()},
    {"v": "decay*v + drive + bias", "trace": "decay*trace"},
    spike="v >= theta",
    reset={"v": "v - theta", "trace": "trace + rise"},
    output="spike",
    derived={"rise": "1/tau", "decay": "exp(-dt/tau)"},
    requires=("tau > 0",),
)
"""A spiking neuron with a trace, whose decay and rise follow from its time constant."""

SCALED = SynapseModel("Scaled", {"w": 0.0}, "scale*w", {"scale": 1.0})


def fixed_neurons(length: float = 1.0) -> Case:
    """Time constants, goals and initial states of each neuron, read by equations and by rules; late outputs, too."""
    random = generator(80)
    to_goal = LearningRule("to_goal", "step", {"bias": "bias + lr*(goal - trace)"}, {"lr": 2.0**-8})
    paired = LearningRule("paired", "step", {"w": "w + lr*pre.rise*pre.trace*post.s"}, {"lr": 2.0**-6})
    network = Network(
        [
            Population("input", 9, SpikeInput),
            Population(
                "spikes", 8, LEAKY, to_goal,
                {"tau": random.uniform(2, 20, 8), "goal": random.uniform(0, 0.2, 8), "theta": 0.5},
                {"v": random.uniform(0, 0.4, 8)},
            ),
            Population(
                "rates", 6, RateUnit, parameters={"eps": random.uniform(0.1, 0.9, 6)},
                initial={"s": random.uniform(0, 1, 6)},
            ),
        ],
        [
            Projection("w", "input", "spikes"),
            Projection("shown", "spikes", "rates", learning=[paired]),
            Projection("late", "rates", "rates", delay=3),
        ],
    )  # fmt: skip
    steps = round(60 * length)
    probes = [Probe("spikes.spike", "step"), Probe("spikes.v", "step"), Probe("rates.s", "step")]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events", "rates.target": "constant"})
    stimuli: dict[str, Array | Events] = {
        "input.x": Events.from_dense(random.random((4, steps, 9)) < 0.3),
        "rates.target": np.zeros((4, 6)),
    }
    constants = {"spikes.dt": 0.5}
    return Case("fixed_neurons", network, schedule, weights(network, 81, -0.2, 0.4), Trials(stimuli), constants)


def fixed_neurons_inference(length: float = 1.0) -> Case:
    """The same without learning, so that trials may go side by side."""
    return replace(fixed_neurons(length), name="fixed_neurons_inference", learn=False)


def fixed_synapses(length: float = 1.0) -> Case:
    """A scale of each synapse, in what is delivered and in rules of every step, of spikes and of a phase's end.

    Of all pairs, and of some in no order.
    """
    random = generator(82)
    pairs = np.argwhere(random.random((9, 8)) < 0.6)
    random.shuffle(pairs)
    every = np.argwhere(random.random((8, 8)) < 0.5)
    random.shuffle(every)
    lr = {"lr": 2.0**-6}
    at_step = LearningRule("at_step", "step", {"w": "w + lr*scale*(arrived*post.trace - w*post.rise)"}, lr)
    at_spike = LearningRule("at_spike", "post.spike", {"w": "w + lr*scale*(pre.trace - w)"}, lr)
    at_end = LearningRule("at_end", "end:run", {"w": "w + lr*scale*pre.trace*post.trace"}, lr)
    unit = LEAKY(theta=0.5)
    network = Network(
        [Population("input", 9, SpikeInput), Population("first", 8, unit), Population("second", 8, unit)],
        [
            Projection(
                "all", "input", "first", SCALED, [at_step], parameters={"scale": random.uniform(0.5, 1.5, (9, 8))}
            ),
            Projection(
                "some", "input", "second", SCALED, [at_step], connectivity=Pairs(pairs[:, 0], pairs[:, 1]),
                parameters={"scale": random.uniform(0.5, 1.5, len(pairs))},
            ),
            Projection(
                "back", "first", "second", SCALED, [at_spike], parameters={"scale": random.uniform(0.5, 1.5, (8, 8))}
            ),
            Projection(
                "lateral", "second", "first", SCALED, [at_spike], connectivity=Pairs(every[:, 0], every[:, 1]),
                parameters={"scale": random.uniform(0.5, 1.5, len(every))}, reciprocal=True,
            ),
            Projection(
                "ends", "first", "first", SCALED, [at_end], parameters={"scale": random.uniform(0.5, 1.5, (8, 8))}
            ),
        ],
    )  # fmt: skip
    steps = round(60 * length)
    probes = [Probe("first.spike", "step"), Probe("second.spike", "step"), Probe("second.v", "end:run")]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events"})
    trials = Trials({"input.x": Events.from_dense(random.random((3, steps, 9)) < 0.25)})
    return Case("fixed_synapses", network, schedule, weights(network, 83, -0.1, 0.4), trials)


FIXED: dict[str, Callable[[float], Case]] = {
    f.__name__: f for f in (fixed_neurons, fixed_neurons_inference, fixed_synapses)
}
"""All cases of values of each neuron or synapse, by name; each takes its length, 1 for the whole."""
