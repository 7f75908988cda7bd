"""The populations of a network that are measured, and the method that suits the model of each."""

from __future__ import annotations

from neurosim.device.calibration.calibrated import Calibrated
from neurosim.device.calibration.measuring import rate_units, spikes
from neurosim.device.calibration.measuring.lines import Bench
from neurosim.device.calibration.measuring.weight_range import WeightRange
from neurosim.errors import ModelError, UnsupportedFeature, nearest
from neurosim.model.network import Network, Population
from neurosim.model.neurons import Learned, NeuronModel
from neurosim.program.schedule import Array

LEVELS = {"spikes": 24, "rates": 9}
"""Drives that are shown, by method."""


def names_of(network: Network) -> list[str]:
    """The populations of a network that a chip has: all but the inputs."""
    mode = network.modes[0]
    return [p.name for p in network.populations if not p.model_in(mode).is_input]


def population_of(network: Network, name: str) -> tuple[Population, NeuronModel]:
    """A population of a network alone, in its first mode and with no bias; and its model.

    Raises
    ------
    ModelError
        If there is none of that name.
    UnsupportedFeature
        If its constants differ from neuron to neuron.
    """
    if name not in names_of(network):
        raise ModelError(f"calibrate: no population '{name}'; {nearest(name, names_of(network))}")
    whole = network.population(name)
    if whole.fixed:
        what = f"population {name}, whose constants or initial values differ between neurons by design,"
        raise UnsupportedFeature(what, "calibration")
    model = whole.model_in(network.modes[0])
    model = model(**{n: 0.0 for n, v in model.params.items() if isinstance(v, Learned)})
    return Population(name, whole.size, model), model


def method_of(population: Population, model: NeuronModel) -> str:
    """The method for a model.

    Raises
    ------
    UnsupportedFeature
        For one that no method can calibrate.
    """
    if spikes.is_supported(model):
        return "spikes"
    if rate_units.is_supported(model):
        return "rates"
    able = [m.name for m in (*spikes.SUPPORTED, *rate_units.SUPPORTED)]
    raise UnsupportedFeature(
        f"population {population.name} of {model.name}, whose neurons neither spikes nor levels tell apart,",
        "calibration",
        [f"{', '.join(able)} (theta > 0 and v_reset = 0)"],
    )


def calibrated(
    bench: Bench, population: Population, model: NeuronModel, weights: WeightRange, programmings: int, bits: int
) -> Calibrated:
    """Calibrate a population by the method for its model.

    Raises
    ------
    UnsupportedFeature
        For one that no method can calibrate.
    """
    method = method_of(population, model)
    by = {"spikes": spikes.calibrated, "rates": rate_units.calibrated}[method]
    return by(bench, population, model, weights, LEVELS[method], programmings, bits)


def read_again(
    method: str,
    bench: Bench,
    population: Population,
    model: NeuronModel,
    weights: WeightRange,
    levels: Array,
    part: str,
) -> Array:
    """Return what some levels show now; shape (levels, size)."""
    if method == "spikes":
        return spikes.read_again(bench, population, model, levels, part)
    return rate_units.read_again(bench, population, model, weights, levels, part)
