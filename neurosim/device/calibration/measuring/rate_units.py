"""Rate units, calibrated from levels: the rate that a unit settles at is gain*drive + offset within its linear range.

All neurons get equal weights, as large as the device takes, and lines held at small levels, so that what programming
adds to a synapse is small beside what it has; groups of lines are measured apart, and the median of them is taken, so
that a dead synapse does not count; all is repeated with several programmings.
"""

from __future__ import annotations

import math

import numpy as np

from neurosim.device.calibration.calibrated import Calibrated
from neurosim.device.calibration.measuring.lines import Bench, rates
from neurosim.device.calibration.measuring.model_digest import digest_of, is_one_of
from neurosim.device.calibration.measuring.weight_range import WeightRange
from neurosim.device.calibration.trims import Trims, factors, shifts
from neurosim.model.network import Population
from neurosim.model.neurons import NeuronModel, RateUnit
from neurosim.program.schedule import Array

SUPPORTED = (RateUnit,)

NOT_IDENTIFIED = {"eps": "the rate that a unit settles at does not depend on how fast it does"}

GROUPS, LINES = 8, 8
"""Groups of lines, and the lines of each."""
LOWEST, HIGHEST = 0.1, 0.9
"""Drives of the levels, from one to the other."""
LINEAR = (0.02, 0.98)
"""Rates that are taken for the fit."""
LEAST = 3
"""Levels that a fit needs."""
SETTLED = 2.0**-30
"""How far the rate may be from where it settles, as a share."""


def is_supported(model: NeuronModel) -> bool:
    """Whether the units of a model can be calibrated so."""
    return is_one_of(model, SUPPORTED) and 0 < model.constants["eps"] < 2 and model.constants["beta"] == 0


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
        Of its units, one of `SUPPORTED`.
    weights
        That the device takes.
    levels
        How many.
    programmings
        How often weights are written and all levels measured.
    bits
        Of a trim.
    """
    drives = np.linspace(LOWEST, HIGHEST, levels)
    each = np.array(
        [_readings(bench, population, model, weights.most, drives, f"calibration/{k}") for k in range(programmings)]
    )
    gain, offset, is_found = fitted(drives, each.mean(axis=0))
    found = {"gain": np.where(is_found, gain, 1.0), "offset": np.where(is_found, offset, 0.0)}
    read = np.median(each.mean(axis=0), axis=0)
    return Calibrated(
        "rates",
        digest_of(model),
        found,
        is_found.astype(np.float64),
        _residuals(drives, each),
        drives,
        read,
        float(np.median(each, axis=1).std(axis=0).mean()) if programmings > 1 else 0.0,
        Trims(factors(np.maximum(found["gain"], 2.0**-bits), bits), shifts(found["offset"], bits)),
        NOT_IDENTIFIED,
    )


def read_again(
    bench: Bench, population: Population, model: NeuronModel, weights: WeightRange, levels: Array, part: str
) -> Array:
    """Return what some levels show now; shape (levels, size)."""
    return np.asarray(np.median(_readings(bench, population, model, weights.most, levels, part), axis=0))


def steps_of(model: NeuronModel) -> int:
    """The steps after which a unit has settled: abs(1 - eps)**steps <= SETTLED."""
    kept = abs(1 - model.constants["eps"])
    return 2 if kept == 0 else max(math.ceil(math.log(SETTLED) / math.log(kept)), 2)


def fitted(drives: Array, readings: Array) -> tuple[Array, Array, Array]:
    """Fit rate = gain*drive + offset by least squares to the levels in the linear range; medians over groups of lines.

    Parameters
    ----------
    readings
        Shape (groups, levels, size).

    Returns
    -------
    gain, offset, is_found
        Of shape (size,); the last says where any group had enough levels.
    """
    taken = ((readings > LINEAR[0]) & (readings < LINEAR[1])).astype(np.float64)
    x = drives[:, np.newaxis]
    count = np.maximum(taken.sum(axis=1), 1)
    mean_x, mean_y = ((taken * values).sum(axis=1) / count for values in (x, readings))
    from_x, from_y = taken * (x - mean_x[:, np.newaxis]), taken * (readings - mean_y[:, np.newaxis])
    across = (from_x**2).sum(axis=1)
    usable = taken.sum(axis=1) >= LEAST
    gain = (from_x * from_y).sum(axis=1) / np.where(usable, across, 1.0)
    is_found = usable.sum(axis=0) * 2 > len(readings)
    values = (np.where(usable, v, np.nan)[:, is_found] for v in (gain, mean_y - gain * mean_x))
    medians = []
    for nominal, value in zip((1.0, 0.0), values, strict=True):
        whole = np.full(readings.shape[2], nominal)
        whole[is_found] = np.nanmedian(value, axis=0)
        medians.append(whole)
    return medians[0], medians[1], is_found


def _readings(
    bench: Bench, population: Population, model: NeuronModel, weight: float, drives: Array, part: str
) -> Array:
    """Rates of each group of lines at each level, shape (groups, levels, size)."""
    shown = np.zeros((GROUPS, len(drives), GROUPS, LINES))
    for group in range(GROUPS):
        shown[group, :, group] = drives[:, np.newaxis] / (LINES * weight)
    flat = shown.reshape(GROUPS * len(drives), GROUPS * LINES)
    read = rates(bench, population, model.output, weight, flat, steps_of(model), part)
    return read.reshape(GROUPS, len(drives), population.size)


def _residuals(drives: Array, each: Array) -> dict[str, float]:
    """Half of what two halves of the programmings differ by."""
    if len(each) < 2:
        return {"gain": 0.0, "offset": 0.0}
    (gain, offset, found), (other_gain, other_offset, both) = (fitted(drives, each[k::2].mean(axis=0)) for k in (0, 1))
    those = np.logical_and(found, both)
    if not those.any():
        return {"gain": 0.0, "offset": 0.0}
    return {
        "gain": float((gain - other_gain)[those].std() / 2),
        "offset": float((offset - other_offset)[those].std() / 2),
    }
