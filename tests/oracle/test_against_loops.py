"""The reference backend against algorithms written out by hand."""

import math
from collections.abc import Mapping

import loops
import numpy as np
import pytest

from neurosim.backend.contract import Records
from neurosim.backend.reference import ReferenceBackend
from neurosim.model.learning import (
    BiasPropagation,
    EquilibriumPropagation,
    SleepPlasticity,
    SymmetricBiasPropagation,
    SymmetricEquilibriumPropagation,
)
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import LIF, Clamp, Heaviside, RateUnit, SpikeInput
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid, Precision
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
from neurosim.scenario.methods import ep_schedules

NAMES = {"W1": "input_hidden.w", "W2": "hidden_output.w", "b1": "hidden.bias", "b2": "output.bias"}
SIZES = (7, 9, 4)
FREE, NUDGED, BETA, LR = 15, 5, 0.4, 0.05


def execute(
    network: Network,
    schedule: Schedule,
    learned: Mapping[str, np.ndarray],
    trials: Trials,
    precision: Precision | None = None,
) -> tuple[Records, dict[str, np.ndarray]]:
    with ReferenceBackend().compile(lower(network, schedule, precision=precision)) as session:
        session.write(learned)
        records = session.run(trials)
        return records, session.read()


@pytest.mark.parametrize("method", ["one-sided", "symmetric"])
def test_equilibrium_propagation_is_that_of_a_hand_written_loop(method: str) -> None:
    random = np.random.default_rng(0)
    w = {
        "W1": random.uniform(-0.6, 0.6, SIZES[:2]), "W2": random.uniform(-0.6, 0.6, SIZES[1:]),
        "b1": random.uniform(-0.1, 0.1, SIZES[1]), "b2": random.uniform(-0.1, 0.1, SIZES[2]),
    }  # fmt: skip
    inputs, targets = random.random((25, SIZES[0])), np.eye(SIZES[2])[random.integers(0, SIZES[2], 25)]
    one_sided = method == "one-sided"
    rule = (EquilibriumPropagation if one_sided else SymmetricEquilibriumPropagation)(lr=LR, beta=BETA)
    bias = (BiasPropagation if one_sided else SymmetricBiasPropagation)(lr=LR, beta=BETA)
    network = Network(
        [
            Population("input", SIZES[0], Clamp),
            Population("hidden", SIZES[1], RateUnit, [bias]),
            Population("output", SIZES[2], RateUnit, [bias]),
        ],
        [
            Projection("input_hidden", "input", "hidden", learning=[rule]),
            Projection("hidden_output", "hidden", "output", learning=[rule], reciprocal=True),
        ],
    )
    make = ep_schedules.one_sided if one_sided else ep_schedules.symmetric
    trials = Trials({"input.s": inputs, "output.target": targets})
    schedule = make("input", "output", FREE, NUDGED, BETA)
    records, found = execute(network, schedule, {NAMES[n]: a for n, a in w.items()}, trials)
    loop = loops.one_sided_ep if one_sided else loops.symmetric_ep
    expected, outputs = loop(w, inputs, targets, FREE, NUDGED, BETA, LR)
    np.testing.assert_allclose(records["output.s@end:free"], outputs, rtol=0, atol=1e-14)
    for name, array in expected.items():
        assert np.abs(found[NAMES[name]] - array).max() <= 1e-14
        assert np.abs(array - w[name]).max() > 1e-3  # something was learned


def dyadic(random: np.random.Generator, low: float, high: float, shape: tuple[int, ...]) -> np.ndarray:
    """Multiples of 2**-16, so that a sum is exact whatever its order."""
    return np.round(random.uniform(low, high, shape) * 2**16) / 2**16


@pytest.mark.parametrize("precision", [None, Grid()], ids=["float64", "grid"])
def test_sleep_with_the_hard_gate_is_that_of_a_hand_written_loop(precision: Precision | None) -> None:
    random = np.random.default_rng(1)
    weights = [dyadic(random, -0.2, 0.3, (12, 15)), dyadic(random, -0.2, 0.3, (15, 6))]
    spikes = random.random((400, 12)) < 0.15
    inc, dec, decay, theta = 2.0**-8, 2.0**-10, 0.875, [0.5, 0.375]
    rule = SleepPlasticity(inc=inc, dec=dec)
    network = Network(
        [
            Population("input", 12, SpikeInput),
            Population("hidden", 15, Heaviside(decay=decay, theta=theta[0])),
            Population("output", 6, Heaviside(decay=decay, theta=theta[1])),
        ],
        [
            Projection("first", "input", "hidden", learning=[rule]),
            Projection("second", "hidden", "output", learning=[rule]),
        ],
    )
    probes = [Probe("hidden.spike", "step"), Probe("output.spike", "step")]
    schedule = Schedule([Phase("sleep", len(spikes))], probes, {"input.x": "events"})
    learned = {"first.w": weights[0], "second.w": weights[1]}
    records, found = execute(
        network, schedule, learned, Trials({"input.x": Events.from_dense(spikes[None])}), precision
    )
    expected, fired = loops.sleep(weights, spikes.astype(float), decay, theta, inc, dec)
    for name, before, after, recorded, rows in zip(
        ("first", "second"), weights, expected, ("hidden", "output"), fired, strict=True
    ):
        events = records[f"{recorded}.spike@step"]
        assert isinstance(events, Events)
        np.testing.assert_array_equal(events.dense()[0], rows)
        np.testing.assert_array_equal(found[f"{name}.w"], after)
        assert rows.sum() > 50
        assert (after != before).sum() > 20


def test_sleep_of_a_large_layer_of_which_few_fire_is_that_of_a_hand_written_loop() -> None:
    random = np.random.default_rng(3)
    weights = [dyadic(random, -0.3, 0.3, (300, 100)), dyadic(random, -0.2, 0.3, (100, 6))]
    spikes = random.random((40, 300)) < np.linspace(0.0, 0.5, 40)[:, None]  # from few to many
    inc, dec, decay, theta = 2.0**-8, 2.0**-10, 0.875, [2.0, 0.375]
    rule = SleepPlasticity(inc=inc, dec=dec)
    network = Network(
        [
            Population("input", 300, SpikeInput),
            Population("hidden", 100, Heaviside(decay=decay, theta=theta[0])),
            Population("output", 6, Heaviside(decay=decay, theta=theta[1])),
        ],
        [
            Projection("first", "input", "hidden", learning=[rule]),
            Projection("second", "hidden", "output", learning=[rule]),
        ],
    )
    schedule = Schedule([Phase("sleep", len(spikes))], [Probe("hidden.spike", "step")], {"input.x": "events"})
    learned = {"first.w": weights[0], "second.w": weights[1]}
    trials = Trials({"input.x": Events.from_dense(spikes[None])})
    records, found = execute(network, schedule, learned, trials, Grid())
    expected, fired = loops.sleep(weights, spikes.astype(float), decay, theta, inc, dec)
    events = records["hidden.spike@step"]
    assert isinstance(events, Events)
    np.testing.assert_array_equal(events.dense()[0], fired[0])
    assert 0 < fired[0].mean() < 0.5
    for name, before, after in zip(("first", "second"), weights, expected, strict=True):
        np.testing.assert_array_equal(found[f"{name}.w"], after)
        assert found[f"{name}.w"].flags.c_contiguous
        assert (after != before).sum() > 20


def test_lif_with_subtractive_reset_is_that_of_a_hand_written_loop() -> None:
    random = np.random.default_rng(2)
    forward, lateral = dyadic(random, -0.1, 0.4, (8, 12)), dyadic(random, -0.3, 0.2, (12, 12))
    spikes = random.random((3, 200, 8)) < 0.2
    network = Network(
        [Population("input", 8, SpikeInput), Population("units", 12, LIF(tau_mem=10.0, theta=0.7))],
        [Projection("forward", "input", "units"), Projection("lateral", "units", "units")],
    )
    probes = [Probe("units.spike", "step"), Probe("units.v", "step")]
    schedule = Schedule([Phase("run", 200)], probes, {"input.x": "events"})
    learned = {"forward.w": forward, "lateral.w": lateral}
    records, _ = execute(network, schedule, learned, Trials({"input.x": Events.from_dense(spikes)}))
    events, potentials = records["units.spike@step"], records["units.v@step"]
    assert isinstance(events, Events)
    for trial in range(3):
        fired, v = loops.lif(forward, lateral, spikes[trial].astype(float), math.exp(-0.1), 0.7)
        assert fired.sum() > 100
        np.testing.assert_array_equal(events.dense()[trial], fired)
        np.testing.assert_allclose(potentials[trial], v, rtol=0, atol=1e-14)
