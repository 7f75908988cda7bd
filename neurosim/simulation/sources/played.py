"""What was recorded before, shown again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import finite_array, shown
from neurosim.errors import ModelError
from neurosim.model.fixed import FixedArray
from neurosim.program.schedule import Array, Events
from neurosim.simulation.sources.source import Source, size_of


@dataclass(frozen=True)
class PlayedSpikes(Source):
    """Neuron i spikes in the steps in which it did; see `playback`."""

    events: Events

    is_spikes: ClassVar[bool] = True

    def check(self, steps: int, dt: float) -> None:
        """Refuse steps beyond the end of the recording.

        Raises
        ------
        ModelError
            Naming both numbers of steps.
        """
        _check_length(self.events.steps, steps)

    def shown(self, random: np.random.Generator, first: int, stop: int, dt: float) -> Events:
        """Return the spikes of steps first to stop - 1, none after the end; nothing is drawn."""
        found = self.events.between(first, max(min(stop, self.events.steps), first))
        after = np.full(stop - first - found.steps, found.offsets[-1])
        return Events(np.concatenate([found.offsets, after]), found.indices, stop - first, self.neurons)


@dataclass(frozen=True)
class PlayedValues(Source):
    """I_i in step k is values[k, i]; see `playback`."""

    values: FixedArray

    is_spikes: ClassVar[bool] = False

    def check(self, steps: int, dt: float) -> None:
        """Refuse steps beyond the end of the recording.

        Raises
        ------
        ModelError
            Naming both numbers of steps.
        """
        _check_length(len(self.values.values), steps)

    def shown(self, random: np.random.Generator, first: int, stop: int, dt: float) -> Array:
        """Return the values of steps first to stop - 1, 0 after the end; nothing is drawn."""
        found = self.values.values[first:stop]
        return np.concatenate([found, np.zeros((stop - first - len(found), self.neurons))])


def playback(recording: Events | NDArray[np.floating] | NDArray[np.integer]) -> PlayedSpikes | PlayedValues:
    """Step k shows what the recording has in step k, whatever the length of a step.

    Parameters
    ----------
    recording
        Spikes of one trial, or values of shape (steps, size) in the units inside; an array is copied.

    Raises
    ------
    ModelError
        For several trials, an array of another shape, and values that are not finite. When it is drawn: for steps
        beyond its end.

    Examples
    --------
    >>> import neurosim as ns
    >>> from neurosim.model.randomness import stream
    >>> ns.playback([[0.5, 0.0], [0.0, 0.25]]).draw(stream(1, "s"), steps=2, dt="1 ms").tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    if isinstance(recording, Events):
        if recording.trials != 1:
            raise ModelError(f"playback: spikes of {recording.trials} trials; expected one: recording.part(0, 1)")
        return PlayedSpikes(size_of(recording.units, "playback"), recording)
    values = finite_array(recording, "playback: the recording", error=ModelError)
    if values.ndim != 2 or not values.size:
        raise ModelError(f"playback: {shown(recording)} of shape {values.shape}; expected (steps, size)")
    return PlayedValues(values.shape[1], FixedArray.of(values, "playback: the recording"))


def _check_length(recorded: int, steps: int) -> None:
    if steps > recorded:
        raise ModelError(f"playback: {steps} steps of a recording that has {recorded}; expected at most as many")
