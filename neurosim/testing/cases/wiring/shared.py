"""Small runs of convolutions and pools: rules of every moment on shared weights, delays, both ways, expressions."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from neurosim.model.connectivity.shared import AvgPool2d, Conv1d, Conv2d, Flatten, SharedWeights, SumPool2d
from neurosim.model.learning import (
    STDP,
    BinaryPropagation,
    EquilibriumPropagation,
    LearningRule,
    SleepPlasticity,
)
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, Heaviside, NeuronModel, RateUnit, SpikeInput, TracedLIF
from neurosim.model.synapses import Binary, Momentum, SynapseModel
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.testing.cases.library import weights
from neurosim.testing.cases.small import Case, generator

SCALED = SynapseModel("Scaled", {"w": 0.0}, "scale*w", {"scale": 1.0})


def _behind(name: str, connectivity: SharedWeights, model: NeuronModel) -> Population:
    """The population that a convolution or pool ends at."""
    return Population(name, prod(connectivity.out_shape), model)


def convolutional_propagation(length: float = 1.0) -> Case:
    """Equilibrium propagation through convolutions, a pool and binary kernels, all but the first in both directions."""
    rule = EquilibriumPropagation(lr=0.01)
    first = Conv2d((1, 6, 6), 2, 3, padding=1)
    pool = AvgPool2d(first.out_shape, 2)
    second = Conv2d(pool.out_shape, 4, (2, 3), padding=(0, 1), groups=2)
    third = Conv2d(second.out_shape, 2, 2)
    network = Network(
        [
            Population("input", 36, Clamp),
            _behind("first", first, RateUnit),
            _behind("pooled", pool, RateUnit),
            _behind("second", second, RateUnit),
            _behind("third", third, RateUnit),
            Population("output", 3, RateUnit),
        ],
        [
            Projection("conv", "input", "first", learning=[rule], connectivity=first),
            Projection("pool", "first", "pooled", connectivity=pool, reciprocal=True),
            Projection("groups", "pooled", "second", learning=[rule], reciprocal=True, connectivity=second),
            Projection(
                "binary", "second", "third", Binary(scale=0.25), [BinaryPropagation(lr=0.02, m=1.35)], True,
                connectivity=third,
            ),
            Projection("readout", "third", "output", learning=[rule], reciprocal=True),
        ],
    )  # fmt: skip
    schedule = Schedule(
        [Phase("free", 12, assign={"s_free": "s"}), Phase("nudged", 4, {"output.beta": 0.5})],
        [Probe("output.s", "end:free"), Probe("second.s", "end:nudged"), Probe("conv.w", "end:nudged")],
        {"input.s": "constant", "output.target": "constant"},
    )
    random, count = generator(90), round(30 * length)
    stimuli = {"input.s": random.random((count, 36)), "output.target": np.eye(3)[random.integers(0, 3, count)]}
    learned = weights(network, 91, -0.3, 0.6) | {"pool.w": np.full(1, 0.25)}
    return Case("convolutional_propagation", network, schedule, learned, Trials(stimuli))


def convolutional_spikes(length: float = 1.0) -> Case:
    """Spikes through convolutions in one and two dimensions, late and with a scale of each weight; pooled, flattened.

    Learned from at spikes, in every step and at an end; some weights are recorded.
    """
    unit, traced = Heaviside(theta=0.5, decay=0.95), TracedLIF(theta=0.5)
    first = Conv2d((2, 5, 5), 3, 3, stride=2, padding=1)
    pool = SumPool2d(first.out_shape, 2, stride=1)
    flat = Flatten(pool.out_shape)
    along = Conv1d((2, 6), 3, 2, dilation=2)
    step = "0.5*m + pre.trace*post.trace - decay*w"
    paired = LearningRule("paired", "end:run", {"m": step, "w": f"w + lr*({step})"}, {"lr": 2.0**-13, "decay": 0.1})
    random, steps = generator(92), round(120 * length)
    delays = random.integers(1, 6, len(along.wiring()))
    network = Network(
        [
            Population("input", 50, SpikeInput),
            _behind("first", first, unit),
            _behind("pooled", pool, traced),
            _behind("flat", flat, traced),
            _behind("along", along, traced),
        ],
        [
            Projection(
                "conv", "input", "first", SCALED, [SleepPlasticity(inc=2.0**-9, dec=2.0**-11)], connectivity=first,
                parameters={"scale": random.uniform(0.5, 1.5, first.kernel)},
            ),
            Projection("pool", "first", "pooled", connectivity=pool),
            Projection("flat_w", "pooled", "flat", Momentum, [paired], connectivity=flat),
            Projection(
                "late", "flat", "along", learning=[STDP(a_plus=2.0**-12, a_minus=2.0**-12, w_max=0.75)],
                connectivity=along, delay=delays, reciprocal=True,
            ),
        ],
    )  # fmt: skip
    probes = [
        Probe("first.spike", "step"),
        Probe("along.spike", "step"),
        Probe("conv.w", "step", units=[0, 7, 53]),
        Probe("along.trace", "end:run"),
    ]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events"})
    spikes = Events.from_dense(random.random((2, steps, 50)) < 0.15)
    learned = weights(network, 93, 0.0, 0.5) | {"pool.w": np.full(1, 0.25), "flat_w.w": np.full(1, 0.5)}
    return Case("convolutional_spikes", network, schedule, learned, Trials({"input.x": spikes}))


def convolutional_inference(length: float = 1.0) -> Case:
    """Spikes through a convolution without rules: many trials, which may go side by side."""
    conv = Conv2d((1, 6, 6), 4, 3)
    pool = SumPool2d(conv.out_shape, 2)
    network = Network(
        [
            Population("input", 36, SpikeInput),
            _behind("conv", conv, TracedLIF(theta=0.5)),
            _behind("pooled", pool, RateUnit),
        ],
        [Projection("w", "input", "conv", connectivity=conv), Projection("pool", "conv", "pooled", connectivity=pool)],
    )
    steps = 20
    probes = [Probe("conv.spike", "step"), Probe("pooled.s", "end:run")]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events"})
    spikes = Events.from_dense(generator(94).random((max(2, round(20 * length)), steps, 36)) < 0.2)
    learned = weights(network, 95, -0.1, 0.5) | {"pool.w": np.full(1, 0.25)}
    return Case("convolutional_inference", network, schedule, learned, Trials({"input.x": spikes}))


SHARED: dict[str, Callable[[float], Case]] = {
    f.__name__: f for f in (convolutional_propagation, convolutional_spikes, convolutional_inference)
}
"""All cases of shared weights by name; each takes its length, 1 for the whole."""
