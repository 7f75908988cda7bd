"""Recurrent spiking layers 700-200-100-50 and a readout of 20, as with compressed latent replay, at full size."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest

from neurosim.backend import registry
from neurosim.backend.contract import Records
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import CurrentLIF, LeakyReadout, SpikeInput
from neurosim.model.randomness import stream
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid, quantise
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Trials
from neurosim.results.agreement.differences import spikes_that_differ

SIZES, STEPS, TRIALS = (700, 200, 100, 50, 20), 100, 8
LAYERS = ("first", "second", "third")
GAIN = {"input_first": 5.0, "first_second": 9.0, "second_third": 9.0, "lateral": 2.0, "third_readout": 1.0}


def network() -> Network:
    """Layers follow one another with a delay of 1 and have lateral projections with a delay of 2."""
    names = ("input", *LAYERS, "readout")
    models = (SpikeInput, CurrentLIF, CurrentLIF, CurrentLIF, LeakyReadout)
    populations = [Population(n, s, m) for n, s, m in zip(names, SIZES, models, strict=True)]
    forward = [Projection(f"{a}_{b}", a, b) for a, b in itertools.pairwise(names)]
    return Network(populations, [*forward, *(Projection(f"lateral_{n}", n, n, delay=2) for n in LAYERS)])


@functools.cache
def everything():
    """Program on the grid, weights that keep every layer busy, events of 700 channels with bursts in time."""
    net = network()
    probes = [*(Probe(f"{n}.spike", "step") for n in LAYERS), Probe("readout.o", "step")]
    program = lower(net, Schedule([Phase("run", STEPS)], probes, {"input.x": "events"}), precision=Grid())
    weights = {}
    for name, variable in net.learned().items():
        projection = name.removesuffix(".w")
        gain = GAIN.get(projection, GAIN["lateral"])
        weights[name] = stream(0, "test", name).normal(0, 0.2 * gain / np.sqrt(variable.shape[0]), variable.shape)
    random = stream(0, "test", "events")
    rate = 0.06 * random.random((TRIALS, 1, SIZES[0])) * (1 + np.sin(np.arange(STEPS) / 6))[:, None]
    events = Events.from_dense(random.random((TRIALS, STEPS, SIZES[0])) < rate)
    return program, quantise(weights, program)[0], Trials({"input.x": events})


@functools.cache
def records(backend: str) -> Records:
    program, weights, trials = everything()
    simulator, mode = registry.load(backend)
    with simulator.compile(program, mode=mode) as session:
        session.write(weights)
        return session.run(trials, learn=False)


def spikes(backend: str, layer: str) -> Events:
    recording = records(backend)[f"{layer}.spike@step"]
    assert isinstance(recording, Events)
    return recording


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_is_busy(layer: str) -> None:
    per_step = spikes("reference", layer).count / (TRIALS * STEPS * SIZES[1 + LAYERS.index(layer)])
    assert 0.01 < per_step < 0.5


def test_the_reference_does_what_the_published_equations_say() -> None:
    """z = H(u - 1) before the update, z of the layer below from the same step, its own from the step before."""
    _, w, trials = everything()
    events = trials.stimuli["input.x"]
    assert isinstance(events, Events)
    a, b = np.exp(-1 / 5), np.exp(-1 / 10)
    forward = [w["input_first.w"], w["first_second.w"], w["second_third.w"]]
    lateral = [w[f"lateral_{n}.w"] for n in LAYERS]
    dense = events.dense()
    spiking: dict[str, list[Array]] = {n: [] for n in LAYERS}
    for trial in dense:
        i, u, z = ([np.zeros(s) for s in SIZES[1:4]] for _ in range(3))
        for x in [*trial, np.zeros(SIZES[0])]:
            before, z = z, [(v >= 1.0).astype(float) for v in u]
            arriving = [x, z[0], z[1]]
            for k in range(3):
                h = arriving[k] @ forward[k] + before[k] @ lateral[k]
                i[k], u[k] = a * i[k] + h, (b * u[k] + i[k]) * (1 - z[k])
                spiking[LAYERS[k]].append(np.flatnonzero(z[k]))
    for n in LAYERS:
        # the spikes of a step are tested in the one before
        shown = [s for k, s in enumerate(spiking[n]) if k % (STEPS + 1)]
        expected = Events.from_lists(shown, STEPS, SIZES[1 + LAYERS.index(n)])
        assert spikes_that_differ(spikes("reference", n), expected) == 0


@pytest.mark.parametrize("backend", ["brian2:standalone", "brian2:numpy", "nengo:native", "nengo:fused", "lava:fused"])
def test_every_spike_and_every_readout_is_equal(backend: str) -> None:
    for layer in LAYERS:
        assert spikes_that_differ(spikes(backend, layer), spikes("reference", layer)) == 0
    actual, expected = (records(b)["readout.o@step"] for b in (backend, "reference"))
    assert np.array_equal(actual, expected)


@pytest.mark.slow
def test_every_spike_is_equal_on_brian2_in_cython() -> None:
    test_every_spike_and_every_readout_is_equal("brian2:cython")
