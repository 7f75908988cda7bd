"""Whether a calibration still holds: a tenth of its levels is measured again, and compared with what was read then."""

from __future__ import annotations

from datetime import datetime, timezone

import numpy as np

from neurosim.backend.contract import Backend
from neurosim.device.calibration.calibrated import Calibrated
from neurosim.device.calibration.calibration import Calibration
from neurosim.device.calibration.measuring import methods
from neurosim.device.calibration.measuring.lines import Bench
from neurosim.device.calibration.measuring.model_digest import digest_of
from neurosim.device.calibration.subject import identity_of, opened_bare, weights_of
from neurosim.device.calibration.verdict import Verification
from neurosim.errors import InputError
from neurosim.model.network import Network
from neurosim.program.precision import Precision
from neurosim.program.schedule import Array

SHARE = 10
"""One of so many levels is measured."""
LEAST = 2
"""Levels are measured even of few."""
TOLERANCE = 0.03
"""By which readings may be off, relative to their root mean square, beside three times their spread."""


def verify(
    calibration: Calibration, backend: Backend, network: Network, *, precision: Precision | None = None
) -> Verification:
    """Measure a tenth of the levels again: rms(read - kept) <= 0.03*rms(kept) + 3*spread for each population.

    Parameters
    ----------
    backend
        The device; it is measured without trims.
    network
        That it was calibrated for.
    precision
        The number format there.

    Raises
    ------
    InputError
        If the calibration is of another device, firmware or network.
    """
    calibration.check_device(*identity_of(backend))
    bench = Bench(opened_bare(backend), precision)
    off, allowed = {}, {}
    for name, one in calibration.populations.items():
        population, model = methods.population_of(network, name)
        if digest_of(model) != one.model or population.size != one.size:
            raise InputError(f"a calibration of another network: population {name} has changed; calibrate anew")
        chosen = levels_of(one)
        read = methods.read_again(
            one.method, bench, population, model, weights_of(backend), one.levels[chosen], "verify"
        )
        kept, those = one.readings[chosen], one.is_found > 0
        scale = max(_rms(kept[:, those]), 1e-12)
        off[name] = _rms((read - kept)[:, those]) / scale
        allowed[name] = TOLERANCE + 3 * one.spread / scale
    return Verification(datetime.now(timezone.utc).replace(microsecond=0), off, allowed)


def levels_of(one: Calibrated) -> Array:
    """Return the indices of the levels that are measured again: a tenth, from the middle of each of equal parts."""
    count = max(len(one.levels) // SHARE, min(LEAST, len(one.levels)))
    return np.asarray([int((k + 0.5) * len(one.levels) / count) for k in range(count)])


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else 0.0
