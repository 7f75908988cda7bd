"""Spikes that come independently of each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosim.edges.values import shown
from neurosim.errors import ModelError
from neurosim.model.display.described import shortest
from neurosim.model.randomness.positions import Positions, successes
from neurosim.model.units import MILLISECONDS, NO_DIMENSION
from neurosim.program.schedule import Array, Events
from neurosim.simulation.sources.levels import Given, Levels, check_dimension, levels
from neurosim.simulation.sources.source import Source, size_of, spikes_at

PER_MILLISECOND = NO_DIMENSION / MILLISECONDS


@dataclass(frozen=True)
class Poisson(Source):
    """P(neuron i spikes in a step) = rate_i*dt; see `poisson`."""

    rate: Levels

    is_spikes: ClassVar[bool] = True

    def check(self, steps: int, dt: float) -> None:
        """Refuse steps that are too long for the rates.

        Raises
        ------
        ModelError
            If a neuron would spike more than once a step.
        """
        highest = float(self.rate.values.values.max())
        if highest * dt > 1:
            raise ModelError(
                f"poisson: rate*dt = {highest * dt:g}, of {highest * 1000:g} Hz in steps of {shortest(dt)} ms; "
                f"expected at most 1, for a neuron spikes at most once a step: a dt of at most {1 / highest:g} ms"
            )

    def shown(self, random: np.random.Generator, first: int, stop: int, dt: float) -> Events:
        """Return the spikes of steps first to stop - 1, drawn from a generator of these steps alone."""
        found = [
            places + (start - first) * self.neurons
            for start, end, rates in self.rate.rows(first, stop, dt, "poisson")
            for places in _places(random, rates * dt, (end - start) * self.neurons, self.neurons)
        ]
        return spikes_at(np.concatenate([np.zeros(0, np.int64), *found]), stop - first, self.neurons)


def poisson(size: int, rate: Given, *, every: float | str | None = None, unit: str | None = None) -> Poisson:
    """P(neuron i spikes in a step) = rate_i*dt, independently of all other steps and neurons.

    A neuron spikes at most once a step, as in Brian2's `PoissonGroup`; so it does on average exactly at its rate, and
    intervals are geometrically distributed. Time and memory follow from the number of spikes.

    Parameters
    ----------
    size
        Number of neurons.
    rate
        A text with a unit, ``"15 Hz"``, for all neurons; a list of these or, with `unit`, an array of shape (size,) for
        each; with `every` of shape (rows,) or (rows, size) for rates that change.
    every
        How long a row of `rate` counts, a whole number of steps; the last one counts from then on.
    unit
        Of an array of numbers: ``"Hz"``.

    Raises
    ------
    ModelError
        For a rate that is no rate, is negative, or has no unit, and for an array of another shape. When it is drawn:
        if rate*dt is above 1.

    Examples
    --------
    >>> import neurosim as ns
    >>> from neurosim.model.randomness import stream
    >>> noise = ns.poisson(200, "15 Hz")
    >>> noise.draw(stream(1, "noise"), steps=10_000, dt="0.1 ms").count
    3037
    """
    what = "poisson: rate"
    neurons = size_of(size, "poisson")
    rates = levels(rate, neurons, what, every=every, unit=unit)
    if rates.dimension is None or _some_have_no_unit(rate):
        raise ModelError(f'{what} = {shown(rate)} has no unit; write "15 Hz", or unit="Hz" beside an array')
    check_dimension(rates.dimension, PER_MILLISECOND, rate if unit is None else unit, what)
    if rates.values.values.min() < 0:
        raise ModelError(f"{what} = {shown(rate)} has negative values; expected 0 or more")
    return Poisson(neurons, rates)


def _some_have_no_unit(rate: object) -> bool:
    """Whether numbers are among texts with units: they would be in kHz."""
    given = rate if isinstance(rate, (list, tuple)) else ()
    return any(isinstance(one, str) for one in given) and not all(isinstance(one, str) for one in given)


def _places(random: np.random.Generator, p: Array, count: int, size: int) -> Iterator[Positions]:
    """Yield the places that are drawn among `count`, place k with probability p[k mod size], or p[0]."""
    highest = float(p.max())
    for places in successes(random, highest, count):
        if p.min() < highest:
            yield places[random.random(len(places)) * highest < p[places % size]]
        else:
            yield places
