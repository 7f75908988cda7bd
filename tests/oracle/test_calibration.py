"""What a calibration finds against the patterns that the chip was made with, and what trims do to a network."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import neurosim as ns
from neurosim.device.calibration.calibration import Calibration
from neurosim.device.imperfections.fabrication import Fabricated
from neurosim.device.silicon import Silicon
from neurosim.model.randomness import stream
from neurosim.scenario import datasets

Array = NDArray[np.float64]

SEED = 7
OF_SPIKES = {"gain": 0.2, "mismatch": {"theta": 0.1, "tau_mem": 0.2}}
OF_RATES = {"gain": 0.2, "offset": 0.05}
WITH_NOISE = {**OF_RATES, "weight_bits": 6, "write_noise": 0.03, "dead_synapses": 0.02}
RATIO, TAU = "log_gain_over_threshold", "log_tau_mem"

GAIN_OFF, TAU_OFF = 0.02, 0.03
"""Standard deviations that remain where nothing is noisy."""
STEP_OF_TRIM = 1 / 32 / np.sqrt(12)
"""What rounding of 6 bits leaves, as a standard deviation."""


def one_population(model: ns.NeuronModel, size: int, source: ns.NeuronModel = ns.SpikeInput) -> ns.Network:
    return ns.Network([ns.Population("x", 1, source), ns.Population("h", size, model)], [ns.Projection("xh", "x", "h")])


def true_of_spikes(
    figures: dict[str, object], size: int, calibration: Calibration | None = None
) -> tuple[Array, Array]:
    """log(gain/threshold) and log tau of each neuron, relative to nominal."""
    chip = Fabricated(Silicon(**figures), SEED, None if calibration is None else calibration.trims)
    gain = chip.gain("h", size).values / chip.deviation("h", "theta", size).values
    return np.log(gain), np.log(chip.deviation("h", "tau_mem", size).values)


SPIKING = {"LIF": (ns.LIF, 100), "RefractoryLIF": (ns.RefractoryLIF, 60), "CurrentLIF": (ns.CurrentLIF, 60)}


@pytest.mark.parametrize(("model", "size"), SPIKING.values(), ids=SPIKING)
def test_spikes_alone_tell_gain_over_threshold_and_the_leak(model: ns.NeuronModel, size: int) -> None:
    device = ns.device.mock(seed=SEED, **OF_SPIKES)
    calibration = ns.device.calibrate(device, one_population(model, size), programmings=1)
    found, (ratio, tau) = calibration.populations["h"], true_of_spikes(OF_SPIKES, size)
    assert found.is_found.all()
    assert (found.found[RATIO] - ratio).std() <= GAIN_OFF < ratio.std() / 5
    assert (found.found[TAU] - tau).std() <= TAU_OFF < tau.std() / 5
    for name, true in ((RATIO, ratio), (TAU, tau)):  # what it says of itself is what it is, within a factor of 3
        assert 1 / 3 < found.residuals[name] / (found.found[name] - true).std() < 3
    trimmed_ratio, trimmed_tau = true_of_spikes(OF_SPIKES, size, calibration)
    assert trimmed_ratio.std() <= np.hypot(GAIN_OFF, 1.5 * STEP_OF_TRIM)
    assert trimmed_tau.std() <= np.hypot(TAU_OFF, 2 * STEP_OF_TRIM)


def test_noise_of_a_step_is_found_and_moves_no_estimate() -> None:
    figures, size = {**OF_SPIKES, "step_noise": 0.02}, 40
    device = ns.device.mock(seed=SEED, **figures)
    found = ns.device.calibrate(device, one_population(ns.LIF, size)).populations["h"]
    for name, true in zip((RATIO, TAU), true_of_spikes(figures, size), strict=True):
        off = found.found[name] - true
        assert abs(off.mean()) < 0.02  # without a search for noise: -0.007 and 0.047
        assert off.std() < (0.01, 0.04)[name == TAU]
        assert 1 / 3 < found.residuals[name] / off.std() < 3


def test_levels_tell_gain_and_offset_of_rate_units_exactly_where_nothing_is_noisy() -> None:
    device = ns.device.mock(seed=SEED, **OF_RATES)
    found = ns.device.calibrate(device, one_population(ns.RateUnit, 50, ns.Clamp)).populations["h"].found
    chip = Fabricated(Silicon(**OF_RATES), SEED)
    np.testing.assert_allclose(found["gain"], chip.gain("h", 50).values, rtol=0, atol=1e-7)
    np.testing.assert_allclose(found["offset"], chip.offset("h", 50).values, rtol=0, atol=1e-7)


def test_write_noise_and_dead_synapses_move_gains_of_rate_units_little() -> None:
    device = ns.device.mock(seed=SEED, **WITH_NOISE)
    found = ns.device.calibrate(device, one_population(ns.RateUnit, 100, ns.Clamp)).populations["h"]
    chip = Fabricated(Silicon(**WITH_NOISE), SEED)
    off = found.found["gain"] - chip.gain("h", 100).values
    assert off.std() < 0.01
    assert 1 / 3 < found.residuals["gain"] / off.std() < 3
    assert (found.found["offset"] - chip.offset("h", 100).values).std() < 0.002


@pytest.mark.parametrize("backend", ["nengo"])
def test_a_chip_has_one_calibration_whatever_simulates_it(backend: str) -> None:
    network = one_population(ns.RateUnit, 6, ns.Clamp)
    digests = {
        ns.device.calibrate(ns.device.mock(b, seed=SEED, **WITH_NOISE), network, precision=ns.Grid()).digest
        for b in ("reference", backend)
    }
    assert len(digests) == 1


def digits_network() -> ns.Network:
    unit = ns.RateUnit(eps=0.5)
    forward, upper = (ns.EquilibriumPropagation(lr=lr, beta=0.5) for lr in (0.03, 0.015))
    return ns.Network(
        [ns.Population("i", 64, ns.Clamp), ns.Population("h", 32, unit), ns.Population("o", 10, unit)],
        [
            ns.Projection("ih", "i", "h", learning=[forward]),
            ns.Projection("ho", "h", "o", learning=[upper], reciprocal=True),
        ],
    )


def test_trained_digits_are_told_better_by_calibrated_chips_than_by_chips_as_they_are() -> None:
    """Of 200 digits, by each of three chips; no chip is left out."""
    data = datasets.load("digits", test=200, validation=0, split_seed=0)
    schedule = ns.Schedule(
        [ns.Phase("free", 20, assign={"s_free": "s"}), ns.Phase("nudged", 8, {"o.beta": 0.5})],
        [ns.Probe("o.s", "end:free")],
        {"i.s": "constant", "o.target": "constant"},
    )
    program = ns.lower(digits_network(), schedule, precision=ns.Grid())

    def trials(which: Array) -> ns.Trials:
        return ns.Trials({"i.s": data.inputs[which], "o.target": np.eye(10)[data.labels[which]]})

    def accuracy(backend: ns.device.MockBackend, weights: dict[str, Array]) -> float:
        with backend.compile(program) as session:
            session.write(weights)
            told = session.run(trials(data.test), learn=False)["o.s@end:free"].argmax(axis=1)
        return float((told == data.labels[data.test]).mean())

    first = {
        n: stream(1, n).uniform(-0.5, 0.5, shape) * np.sqrt(6 / sum(shape))
        for n, shape in program.shapes().items()
        if n.endswith(".w")
    }
    with ns.load("reference")[0].compile(program) as session:
        session.write(ns.quantise(first, program)[0])
        session.run(trials(stream(1, "order").permutation(data.train)))
        weights = session.read()
    gained = []
    for seed in range(3):
        plain = ns.device.mock(seed=seed, **WITH_NOISE)
        calibrated = ns.device.mock(seed=seed, calibration=ns.device.calibrate(plain, digits_network()), **WITH_NOISE)
        gained.append(accuracy(calibrated, weights) - accuracy(plain, weights))
    assert min(gained) > 0
    assert np.mean(gained) > 0.02
