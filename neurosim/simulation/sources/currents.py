"""Values that are given: constant, changing in time, or on from a time to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosim.edges.values import shown
from neurosim.errors import ModelError
from neurosim.model.units import MILLISECONDS, Dimension, inside
from neurosim.program.schedule import Array
from neurosim.simulation.sources.levels import Given, Levels, levels, size_from
from neurosim.simulation.sources.source import Source
from neurosim.simulation.sources.steps import step_from


@dataclass(frozen=True)
class Current(Source):
    """I_i(t) = amplitude_i, or the row of t; see `current`."""

    amplitude: Levels

    is_spikes: ClassVar[bool] = False

    @property
    def measured_in(self) -> Dimension | None:
        """The dimension of its values; None where none had a unit."""
        return self.amplitude.dimension

    def shown(self, random: np.random.Generator, first: int, stop: int, dt: float) -> Array:
        """Return the values of steps first to stop - 1, shape (steps, size); nothing is drawn."""
        values = np.empty((stop - first, self.neurons))
        for start, end, row in self.amplitude.rows(first, stop, dt, "current"):
            values[start - first : end - first] = row
        return values


@dataclass(frozen=True)
class StepCurrent(Source):
    """I_i(t) = amplitude_i for start <= t < stop, else 0; see `step_current`."""

    amplitude: Levels
    start: float
    stop: float | None

    is_spikes: ClassVar[bool] = False

    @property
    def measured_in(self) -> Dimension | None:
        """The dimension of its values; None where none had a unit."""
        return self.amplitude.dimension

    def shown(self, random: np.random.Generator, first: int, stop: int, dt: float) -> Array:
        """Return the values of steps first to stop - 1, shape (steps, size); nothing is drawn."""
        on = max(step_from(self.start, dt) - first, 0)
        off = stop - first if self.stop is None else max(step_from(self.stop, dt) - first, 0)
        values = np.zeros((stop - first, self.neurons))
        values[on:off] = self.amplitude.values.values
        return values


def current(
    amplitude: Given, *, every: float | str | None = None, unit: str | None = None, size: int | None = None
) -> Current:
    """I_i(t) = amplitude_i, or amplitude_i[k] from k*every to (k + 1)*every.

    Parameters
    ----------
    amplitude
        A number in the unit inside, nA for a current, or a text with a unit, for all neurons; an array of shape (size,)
        for each; with `every` of shape (rows,) or (rows, size) for values that change.
    every
        How long a row of `amplitude` counts, a whole number of steps; the last one counts from then on.
    unit
        Of numbers that are not in the unit inside: ``"pA"``.
    size
        Number of neurons; None for as many as there are, or as an array has values.

    Raises
    ------
    ModelError
        For what is no finite number and an array of another shape. When it is drawn: if a row does not last for a whole
        number of steps.

    Examples
    --------
    >>> import neurosim as ns
    >>> from neurosim.model.randomness import stream
    >>> ns.current([100, 200], every="1 ms", unit="pA", size=1).draw(stream(1, "s"), steps=3, dt="1 ms").tolist()
    [[0.1], [0.2], [0.2]]
    """
    values = levels(amplitude, size_from(size, "current"), "current: amplitude", every=every, unit=unit)
    return Current(size_from(size, "current", values), values)


def step_current(
    amplitude: Given,
    start: float | str,
    stop: float | str | None = None,
    *,
    unit: str | None = None,
    size: int | None = None,
) -> StepCurrent:
    """I_i(t) = amplitude_i for start <= t < stop, else 0; t = k*dt in step k.

    Parameters
    ----------
    amplitude
        A number in the unit inside, nA for a current, or a text with a unit, for all neurons; an array of shape (size,)
        for each.
    start, stop
        Times: numbers in ms or texts with a unit; without `stop` it stays on.
    unit
        Of numbers that are not in the unit inside: ``"pA"``.
    size
        Number of neurons; None for as many as there are, or as an array has values.

    Raises
    ------
    ModelError
        For what is no finite number, an array of another shape, and times that are none, are below 0, or do not follow
        each other.

    Examples
    --------
    >>> import neurosim as ns
    >>> from neurosim.model.randomness import stream
    >>> ns.step_current("0.5 nA", "1 ms", "3 ms").drawn(1, "e.current", steps=4, dt="1 ms", size=1).ravel().tolist()
    [0.0, 0.5, 0.5, 0.0]
    """
    values = levels(amplitude, size_from(size, "step_current"), "step_current: amplitude", unit=unit)
    on = inside(start, MILLISECONDS, "step_current: start =")
    off = None if stop is None else inside(stop, MILLISECONDS, "step_current: stop =")
    if on < 0 or (off is not None and off <= on):
        raise ModelError(
            f"step_current: start = {shown(start)}, stop = {shown(stop)}; expected 0 or later, and a stop after it"
        )
    return StepCurrent(size_from(size, "step_current", values), values, on, off)
