"""Spikes of a population as spike trains of Neo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.program.schedule import Array

if TYPE_CHECKING:
    import neo


def spike_trains(
    name: str, times: Array, neurons: NDArray[np.integer], size: int, span: tuple[float, float], units: Any = "ms"
) -> Iterator[neo.SpikeTrain]:
    """Yield a train for each neuron, a silent one, too.

    Parameters
    ----------
    name
        Of the spikes: ``"e.spikes"``.
    times, neurons
        Of the spikes, in the order of time; shape (spikes,).
    size
        Neurons of the population.
    span
        When the recording begins and ends.
    units
        Of the times.
    """
    import neo

    order = np.argsort(neurons, kind="stable")
    counts = np.bincount(neurons, minlength=size)
    for neuron, own in enumerate(np.split(times[order], np.cumsum(counts)[:-1])):
        yield neo.SpikeTrain(
            own,
            units=units,
            t_start=span[0],
            t_stop=span[1],
            name=f"{name}[{neuron}]",
            population=name.removesuffix(".spikes"),
            neuron=neuron,
        )
