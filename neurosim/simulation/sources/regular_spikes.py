"""Spikes at regular intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neurosim.edges.values import shown
from neurosim.errors import ModelError
from neurosim.model.display.described import shortest
from neurosim.model.fixed import FixedArray
from neurosim.model.units import MILLISECONDS
from neurosim.program.schedule import Array, Events
from neurosim.simulation.sources.levels import Given, each
from neurosim.simulation.sources.source import Source, size_of, spikes_at
from neurosim.simulation.sources.steps import LAST, NEARLY

ALMOST = 1e-9
"""What a quotient may differ from a whole number by, in parts of it, if it is one."""


@dataclass(frozen=True)
class Regular(Source):
    """Neuron i spikes at start_i + n*interval_i, n = 0, 1, 2, ...; see `regular`."""

    interval: FixedArray
    start: FixedArray

    is_spikes: ClassVar[bool] = True

    def check(self, steps: int, dt: float) -> None:
        """Refuse intervals that are shorter than a step.

        Raises
        ------
        ModelError
            If a neuron would spike more than once a step.
        """
        if _in_steps(self.interval.values, dt).min() < 1:
            raise ModelError(
                f"regular: interval = {shortest(self.interval.values.min())} ms is shorter than a step of "
                f"{shortest(dt)} ms; expected at least that, for a neuron spikes at most once a step"
            )

    def shown(self, random: np.random.Generator, first: int, stop: int, dt: float) -> Events:
        """Return the spikes of steps first to stop - 1; nothing is drawn."""
        interval = np.broadcast_to(np.minimum(_in_steps(self.interval.values, dt), LAST), self.neurons)
        start = np.broadcast_to(np.minimum(self.start.values / dt, LAST), self.neurons) + NEARLY
        earliest = np.maximum(np.floor((first - start) / interval), 0).astype(np.int64)
        counts = ((stop - first) / interval).astype(np.int64) + 3  # some before, some after these steps
        neurons = np.repeat(np.arange(self.neurons), counts)
        n = np.arange(len(neurons)) + np.repeat(earliest + counts - np.cumsum(counts), counts)
        steps = np.floor(start[neurons] + n * interval[neurons]).astype(np.int64)
        within = (steps >= first) & (steps < stop)
        places = (steps[within] - first) * self.neurons + neurons[within]
        return spikes_at(np.sort(places), stop - first, self.neurons)


def _in_steps(intervals: Array, dt: float) -> Array:
    """Return intervals as numbers of steps; those that are whole but for how they were computed, as whole ones."""
    ratio = intervals / dt
    whole = np.rint(ratio)
    return np.where(np.abs(ratio - whole) < ALMOST * ratio, whole, ratio)


def regular(size: int, interval: Given, *, start: Given = 0.0) -> Regular:
    """Neuron i spikes at the times start_i + n*interval_i, n = 0, 1, 2, ...; a time t is in step floor(t/dt).

    Parameters
    ----------
    size
        Number of neurons.
    interval
        From spike to spike: a number in ms or a text with a unit, or one for each neuron.
    start
        Of the first spike, in the same form; at least 0.

    Raises
    ------
    ModelError
        For what is no time, an interval that is not above 0, a negative start, and an array of another shape. When it
        is drawn: for an interval that is shorter than a step.

    Examples
    --------
    >>> import neurosim as ns
    >>> from neurosim.model.randomness import stream
    >>> ns.regular(1, "2 ms", start="1 ms").draw(stream(1, "s"), steps=6, dt="1 ms").pairs().tolist()
    [[1, 0], [3, 0], [5, 0]]
    """
    neurons = size_of(size, "regular")
    between = each(interval, neurons, MILLISECONDS, "regular: interval")
    begin = each(start, neurons, MILLISECONDS, "regular: start")
    if not between.values.min() > 0:
        raise ModelError(f"regular: interval = {shown(interval)}; expected times above 0")
    if begin.values.min() < 0:
        raise ModelError(f"regular: start = {shown(start)}; expected times of 0 or later")
    return Regular(neurons, between, begin)
