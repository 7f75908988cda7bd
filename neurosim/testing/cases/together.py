"""One small run with all that is data: several synapses between a pair, delays, values of each neuron and synapse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurosim.model.connectivity import Pairs
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import NeuronModel, SpikeInput
from neurosim.model.synapses import SynapseModel
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.testing.cases.small import Case

INPUTS, CELLS, STEPS = 12, 10, 100

CELL = NeuronModel(
    "Cell",
    {"v": 0.0, "trace": 0.0},
    {"tau": 10.0, "dt": 1.0, "theta": 1.0},
    {"v": "decay*v + drive", "trace": "0.5*trace"},
    spike="v >= theta",
    reset={"v": "v - theta", "trace": "trace + 1"},
    output="spike",
    derived={"decay": "exp(-dt/tau)"},
)
SCALED = SynapseModel("Scaled", {"w": 0.0}, "scale*w", {"scale": 1.0, "rate": 1.0})
PAIRED = LearningRule("paired", "post.spike", {"w": "w + up*rate*(arrived - pre.trace/4)"}, {"up": 2.0**-6})
SHOWN = LearningRule("shown", "post.spike", {"w": "w + up*rate*(arrived - 0.25)"}, {"up": 2.0**-6})


def all_together(length: float = 1.0) -> Case:
    """A hundred steps, whatever the length."""
    random = np.random.Generator(np.random.Philox(110))  # data of the case, nothing that a backend draws

    def some(synapses: int, sources: int, longest: int) -> dict[str, object]:
        return {
            "connectivity": Pairs(random.integers(0, sources, synapses), random.integers(0, CELLS, synapses)),
            "delay": random.integers(1, longest + 1, synapses),
            "parameters": {
                "scale": random.integers(1, 5, synapses) / 2, "rate": random.integers(0, 3, synapses) / 2
            },
        }  # fmt: skip

    network = Network(
        [
            Population("input", INPUTS, SpikeInput),
            Population(
                "cells", CELLS, CELL, parameters={"tau": random.uniform(3, 20, CELLS), "theta": 0.75},
                initial={"v": random.uniform(0, 0.7, CELLS)},
            ),
        ],
        [
            Projection("feed", "input", "cells", SCALED, [SHOWN], **some(90, INPUTS, 9)),  # type: ignore[arg-type]
            Projection("lateral", "cells", "cells", SCALED, [PAIRED], **some(60, CELLS, 5)),  # type: ignore[arg-type]
        ],
    )  # fmt: skip
    probes = [Probe("cells.spike", "step"), Probe("cells.v", "step"), Probe("feed.w", "end:run")]
    schedule = Schedule([Phase("run", STEPS)], probes, {"input.x": "events"})
    learned = {n: random.integers(-60, 60, v.shape) / 256 for n, v in network.learned().items()}
    spikes = Events.from_dense(random.random((1, STEPS, INPUTS)) < 0.2)
    return Case("all_together", network, schedule, learned, Trials({"input.x": spikes}))


TOGETHER: dict[str, Callable[[float], Case]] = {"all_together": all_together}
"""The case by its name."""
