"""Spikes at given times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import shown, whole_array
from neurosim.errors import ModelError
from neurosim.model.display.described import shortest
from neurosim.model.distributions.listed import listed
from neurosim.model.fixed import FixedArray
from neurosim.model.units import MILLISECONDS
from neurosim.program.schedule import Events
from neurosim.simulation.sources.levels import Given, check_dimension, in_unit
from neurosim.simulation.sources.source import Source, size_of, spikes_at
from neurosim.simulation.sources.steps import steps_at


@dataclass(frozen=True)
class GivenSpikes(Source):
    """Neuron indices[k] spikes at times[k]; see `spike_times`.

    Attributes
    ----------
    indices, times
        Ordered by time in ms, both of shape (spikes,).
    """

    indices: FixedArray
    times: FixedArray

    is_spikes: ClassVar[bool] = True

    def shown(self, random: np.random.Generator, first: int, stop: int, dt: float) -> Events:
        """Return the spikes of steps first to stop - 1; nothing is drawn.

        Raises
        ------
        ModelError
            For two spikes of a neuron in one step.
        """
        near = slice(*np.searchsorted(self.times.values, [(first - 1) * dt, (stop + 1) * dt]))
        times, neurons = self.times.values[near], self.indices.values[near].astype(np.int64)
        steps = steps_at(times, dt)
        within = (steps >= first) & (steps < stop)
        places = (steps[within] - first) * self.neurons + neurons[within]
        order = np.argsort(places, kind="stable")
        places = places[order]
        twice = np.flatnonzero(places[1:] == places[:-1])
        if len(twice):
            one, other = times[within][order][twice[0] : twice[0] + 2]
            step, neuron = divmod(int(places[twice[0]]), self.neurons)
            raise ModelError(
                f"spike_times: neuron {neuron} spikes at {shortest(one)} ms and at {shortest(other)} ms, both in step "
                f"{step + first} of {shortest(dt)} ms; expected at most one spike of a neuron in a step"
            )
        return spikes_at(places, stop - first, self.neurons)


def spike_times(
    size: int,
    indices: Sequence[int] | NDArray[np.integer],
    times: Given,
    *,
    unit: str | None = None,
) -> GivenSpikes:
    """Neuron indices[k] spikes in the step of times[k]; a time t is in step floor(t/dt).

    Parameters
    ----------
    size
        Number of neurons.
    indices
        The neuron of each spike, counted from 0, in any order.
    times
        The time of each spike: numbers in ms, or texts with a unit; at least 0.
    unit
        Of an array of numbers that are not in ms: ``"s"``.

    Raises
    ------
    ModelError
        For lists of different lengths, neurons that there are not, and what is no time. When it is drawn: for two
        spikes of a neuron in one step.

    Examples
    --------
    >>> import neurosim as ns
    >>> from neurosim.model.randomness import stream
    >>> spikes = ns.spike_times(3, [0, 2, 0], ["0.1 ms", "0.1 ms", "0.3 ms"])
    >>> spikes.draw(stream(1, "s"), steps=5, dt="0.1 ms").pairs().tolist()
    [[1, 0], [1, 2], [3, 0]]
    """
    neurons = size_of(size, "spike_times")
    who = whole_array(indices, "spike_times: indices", least=0, most=neurons - 1, error=ModelError)
    when, dimension = in_unit(*listed(times, "spike_times: times"), unit, "spike_times: times")
    check_dimension(dimension, MILLISECONDS, times if unit is None else unit, "spike_times: times")
    if who.ndim != 1 or who.shape != when.shape:
        raise ModelError(
            f"spike_times: indices of shape {who.shape}, times of shape {when.shape}; expected as many, a list each"
        )
    if when.min(initial=0) < 0:
        raise ModelError(f"spike_times: times = {shown(times)}, the first {when.min():g} ms; expected 0 or later")
    order = np.argsort(when, kind="stable")
    return GivenSpikes(
        neurons,
        FixedArray.of(who[order], "spike_times: indices"),
        FixedArray.of(when[order], "spike_times: times"),
    )
