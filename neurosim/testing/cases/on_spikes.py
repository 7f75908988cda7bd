"""Small runs of synapses with statements for spikes."""

from __future__ import annotations

from collections.abc import Callable

from neurosim.model.connectivity import Pairs
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import LIFToValue, SpikeInput
from neurosim.model.neurons.last_spike import with_last_spike
from neurosim.model.ode.on_spikes import synapse
from neurosim.model.ode.on_spikes.standard import TsodyksMarkram
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.testing.cases.library import weights
from neurosim.testing.cases.small import Case, generator

STDP = synapse(
    "dapre/dt = -apre/tau",
    "dapost/dt = -apost/tau",
    on_pre="drive_post += w; apre += 0.0625; w = clip(w + apost, 0, w_max)",
    on_post="apost -= 0.0625; w = clip(w + apre, 0, w_max)",
    params={"tau": "10 ms", "w_max": 0.5},
    name="stdp",
)
"""Pairs of spikes; the weight that is delivered is that before the spike."""

CALCIUM = synapse(
    "dc/dt = -c/tau",
    on_pre="c += 1; w = where(c > 4, w*0.75 + 0.125, w*0.875); drive_post += w - 0.0625*c",
    on_post="c += 0.5",
    params={"tau": "6 ms"},
    name="calcium",
)
"""The weight that is delivered is that after the spike, less a share of the calcium."""


def on_spikes(length: float = 1.0) -> Case:
    """Statements for spikes on both sides of synapses: with a delay, without one, and with one for each synapse."""
    random = generator(110)
    cell = with_last_spike(LIFToValue(theta=1.0), "population cells")
    stdp, calcium, short = (s.lowered("1 ms") for s in (STDP, CALCIUM, TsodyksMarkram(tau_f="20 ms", tau_d="15 ms")))
    some = Pairs(random.integers(0, 8, 30), random.integers(0, 8, 30))
    network = Network(
        [Population("input", 9, SpikeInput), Population("first", 8, cell), Population("second", 8, cell)],
        [
            Projection("feed", "input", "first", stdp.synapse, stdp.rules, delay=2),
            Projection("short", "input", "second", short.synapse, short.rules),
            Projection("forth", "first", "second", calcium.synapse, calcium.rules),
            Projection(
                "back", "second", "first", stdp.synapse, stdp.rules, connectivity=some, delay=random.integers(1, 9, 30)
            ),
        ],
    )
    steps = round(120 * length)
    probes = [Probe(f"{n}.spike", "step") for n in ("first", "second")] + [Probe("back.apre", "end:run")]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events"})
    spikes = Events.from_dense(random.random((2, steps, 9)) < 0.08)
    return Case("on_spikes", network, schedule, weights(network, 111, 0.0, 0.5), Trials({"input.x": spikes}))


ON_SPIKES: dict[str, Callable[[float], Case]] = {f.__name__: f for f in (on_spikes,)}
"""Name and maker of each."""
