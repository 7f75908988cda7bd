"""Spiking neurons, calibrated from spikes alone: log(gain/threshold) and log tau of each from a constant drive.

One line after the other spikes in each step, with a weight of its own: a constant drive at as many levels as there are
lines. How often a neuron spikes at each tells both numbers: the leak where it only just spikes, the gain where it
spikes often. `candidates` finds the pair whose counts are nearest.
"""

from __future__ import annotations

import math

import numpy as np

from neurosim.device.calibration.calibrated import Calibrated
from neurosim.device.calibration.measuring import candidates
from neurosim.device.calibration.measuring.candidates import THRESHOLD, TIME_CONSTANT
from neurosim.device.calibration.measuring.lines import Bench, spike_counts
from neurosim.device.calibration.measuring.model_digest import digest_of, is_one_of
from neurosim.device.calibration.measuring.weight_range import WeightRange
from neurosim.device.calibration.trims import Trims, factors
from neurosim.model.network import Population
from neurosim.model.neurons import LIF, CurrentLIF, LIFToValue, NeuronModel, RefractoryLIF, SubtractiveCurrentLIF
from neurosim.model.randomness import stream
from neurosim.program.schedule import Array

SUPPORTED = (LIF, LIFToValue, RefractoryLIF, CurrentLIF, SubtractiveCurrentLIF)

IDENTIFIED = ("log_gain_over_threshold", "log_tau_mem")
CURRENT = "tau_syn"
NOT_IDENTIFIED = {
    "gain and threshold apart": "what arrives is multiplied by the gain, then compared with the threshold, so the same "
    "spikes follow where both are multiplied by one number",
    "offset": "taken as 0; what is added in each step looks like another gain and another leak",
    CURRENT: "taken as nominal; a constant drive sees what a synapse delivers in all, and that is in the gain",
}
"""What a constant drive does not tell, and why."""

LOWEST, HIGHEST = 0.6, 12.0
"""The levels, from one to the other, in units of the drive at which a nominal neuron only just spikes."""
CONSTANTS_OF_TIME = 40
"""For how many a level lasts."""
TRIED = 25
"""Neurons from which noise and residuals are estimated."""
NOISES = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
"""Of a step, that are tried, in units of that drive."""


def is_supported(model: NeuronModel) -> bool:
    """Whether the neurons of a model can be calibrated so: those of the library that a constant drive tells all of."""
    constants = model.constants
    return is_one_of(model, SUPPORTED) and constants[THRESHOLD] > 0 and constants.get("v_reset", 0.0) == 0


def calibrated(
    bench: Bench,
    population: Population,
    model: NeuronModel,
    weights: WeightRange,
    levels: int,
    programmings: int,
    bits: int,
) -> Calibrated:
    """Calibrate a population.

    Parameters
    ----------
    model
        Of its neurons, one of `SUPPORTED`.
    weights
        That the device takes.
    levels
        How many.
    programmings
        How often all of them are written and measured.
    bits
        Of a trim.
    """
    drives = weights.nearest(rheobase(model) * np.geomspace(LOWEST, HIGHEST, levels))
    steps = steps_of(model)
    each = np.array([spike_counts(bench, population, drives, steps, f"calibration/{k}") for k in range(programmings)])
    counts = each.mean(axis=0)
    search = _search(model, drives, steps, each)
    is_found = (counts > 0).sum(axis=0) >= 3
    found = search.nearest(np.where(is_found, counts, search.nominal()[:, np.newaxis]))
    found = np.where(is_found, found, 0.0)
    return Calibrated(
        "spikes",
        digest_of(model),
        dict(zip(IDENTIFIED, found, strict=True)),
        is_found.astype(np.float64),
        _residuals(search, each[:, :, is_found], found[:, is_found]),
        drives,
        counts,
        float(each.std(axis=0).mean()) if programmings > 1 else 0.0,
        Trims(
            factors(np.exp(found[0]), bits),
            np.zeros(population.size),
            {TIME_CONSTANT: factors(np.exp(found[1]), bits)},
        ),
        {what: why for what, why in NOT_IDENTIFIED.items() if what != CURRENT or CURRENT in model.constants},
    )


def read_again(bench: Bench, population: Population, model: NeuronModel, levels: Array, part: str) -> Array:
    """Return what some levels show now; shape (levels, size)."""
    return spike_counts(bench, population, levels, steps_of(model), part)


def rheobase(model: NeuronModel) -> float:
    """Theta times 1 - exp(-dt/tau) for each tau on the way: the constant drive at which a neuron only just spikes."""
    c = model.constants
    times = [c[n] for n in (TIME_CONSTANT, CURRENT) if n in c]
    return c[THRESHOLD] * math.prod(-math.expm1(-c["dt"] / tau) for tau in times)


def steps_of(model: NeuronModel) -> int:
    """The steps for which a level lasts."""
    c = model.constants
    return max(math.ceil(CONSTANTS_OF_TIME * c[TIME_CONSTANT] / c["dt"]), 100)


def _search(model: NeuronModel, drives: Array, steps: int, each: Array) -> candidates.CandidateSearch:
    """A search with the noise of a step under which some neurons come nearest; none where nothing differs."""
    alone = candidates.CandidateSearch(model, drives, steps)
    if len(each) < 2 or not each.std(axis=0).any():
        return alone
    tried = each.mean(axis=0)[:, :TRIED]
    searches = [alone, *(candidates.CandidateSearch(model, drives, steps, share * rheobase(model)) for share in NOISES)]
    return min(searches, key=lambda search: search.distance(tried))


def _residuals(search: candidates.CandidateSearch, each: Array, found: Array) -> dict[str, float]:
    """The larger of two: by which known neurons are missed, and half of what two halves of the programmings differ."""
    tried = slice(0, TRIED)
    if not found.size:
        return dict.fromkeys(IDENTIFIED, 0.0)
    known = found[:, tried] + stream(0, "calibration", "known").uniform(-0.05, 0.05, found[:, tried].shape)
    counts = np.mean([search.counts(known, f"known/{k}") for k in range(len(each))], axis=0)
    off = (search.nearest(counts) - known).std(axis=1)
    if len(each) > 1 and each.std(axis=0).any():
        one, other = (search.nearest(each[k::2, :, tried].mean(axis=0)) for k in (0, 1))
        off = np.maximum(off, (one - other).std(axis=1) / 2)
    return dict(zip(IDENTIFIED, off.tolist(), strict=True))
