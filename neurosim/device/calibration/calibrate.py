"""Calibrating a device for a network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import version

from neurosim.backend.contract import Backend, Progress
from neurosim.device.calibration.calibration import Calibration
from neurosim.device.calibration.measuring import methods
from neurosim.device.calibration.measuring.lines import Bench
from neurosim.device.calibration.subject import identity_of, opened_bare, weights_of
from neurosim.device.calibration.trims import BITS
from neurosim.edges.values import whole_number
from neurosim.errors import ModelError, UnsupportedFeature
from neurosim.model.network import Network
from neurosim.program.precision import FixedPoint, Precision

PROGRAMMINGS = 4
MOST_BITS = 16


def calibrate(
    backend: Backend,
    network: Network,
    *,
    populations: Sequence[str] | None = None,
    programmings: int = PROGRAMMINGS,
    bits: int = BITS,
    precision: Precision | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """trim = floor(h/found + 1/2)/h, h = 2**(bits - 1): measure each neuron, and find the trims that make it nominal.

    Only what any user of a board can do is done: weights are written, trials run, spikes or rates read, without trims
    that the device may have loaded.

    Parameters
    ----------
    backend
        The device.
    network
        Whose populations are calibrated, in its first mode.
    populations
        Some of them; None for all but inputs.
    programmings
        How often weights are written and all is measured.
    bits
        Of a trim, from 2 to 16.
    precision
        The number format there; None for float64.
    progress
        Is told how many populations are done.

    Raises
    ------
    ModelError
        For a backend that is no device, or a population that there is not.
    UnsupportedFeature
        For neurons that no method can calibrate, and in fixed point, where weights are not what is written; nothing is
        measured then.

    Examples
    --------
    >>> import neurosim as ns
    >>> parts = [ns.Population("x", 1, ns.Clamp), ns.Population("h", 5, ns.RateUnit)]
    >>> net = ns.Network(parts, [ns.Projection("p", "x", "h")])
    >>> found = ns.device.calibrate(ns.device.mock(seed=7, gain=0.2), net)
    >>> sorted(found.populations["h"].found)
    ['gain', 'offset']
    """
    programmings = whole_number(programmings, "calibrate: programmings =", least=1, error=ModelError)
    bits = whole_number(bits, "calibrate: bits =", least=2, most=MOST_BITS, error=ModelError)
    if not isinstance(network, Network):
        raise ModelError(f"calibrate: network is a {type(network).__name__}; expected a Network")
    if isinstance(precision, FixedPoint):
        raise UnsupportedFeature("the number format of a fixed-point chip", "calibration", ["float64, float32 or grid"])
    device, firmware = identity_of(backend)
    chosen = [methods.population_of(network, n) for n in populations or methods.names_of(network)]
    for population, model in chosen:
        methods.method_of(population, model)
    bench, weights, found = Bench(opened_bare(backend), precision), weights_of(backend), {}
    for k, (population, model) in enumerate(chosen):
        found[population.name] = methods.calibrated(bench, population, model, weights, programmings, bits)
        if progress is not None:
            progress(k + 1, len(chosen))
    now = datetime.now(timezone.utc).replace(microsecond=0)
    return Calibration(device, firmware, backend.capabilities().kind, version("neurosim"), now, bits, found)
