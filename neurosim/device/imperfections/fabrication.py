"""The patterns of one chip: arrays that follow from the figures of its kind and its seed, whatever runs it.

Each is drawn from a stream of its own, so that a figure that is added later changes no other.
"""

from __future__ import annotations

import math

import numpy as np

from neurosim.device.calibration import trims
from neurosim.device.calibration.trims import Trimming
from neurosim.device.silicon import Silicon
from neurosim.model.fixed import FixedArray
from neurosim.model.randomness import stream
from neurosim.program.schedule import Array

LEAST_GAIN = 0.05
"""Of a neuron, a constant or a synapse, as a share of the nominal: a draw below it is it."""


class Fabricated:
    """One chip.

    Parameters
    ----------
    silicon
        Of its kind.
    seed
        Its own: another one is another chip.
    trimming
        What its neurons are trimmed by, by population.
    """

    def __init__(self, silicon: Silicon, seed: int, trimming: Trimming | None = None):
        self.silicon, self.seed = silicon, seed
        self.trimming: Trimming = trimming or {}

    @property
    def has_gains(self) -> bool:
        """Whether neurons have gains of their own."""
        return bool(self.silicon.gain or self.trimming)

    @property
    def has_offsets(self) -> bool:
        """Whether neurons have offsets of their own."""
        return bool(self.silicon.offset or any(t.offset.any() for t in self.trimming.values()))

    @property
    def deviating(self) -> tuple[str, ...]:
        """Constants of which neurons have their own."""
        trimmed = {constant for t in self.trimming.values() for constant in t.constants}
        return (*self.silicon.mismatch, *sorted(trimmed - {*self.silicon.mismatch}))

    def gain(self, group: str, size: int) -> FixedArray:
        """trim*max(1 + gain*z, LEAST_GAIN) of each neuron."""
        found = self._around_one(self.silicon.gain, "gain", group, size)
        own = trims.of_group(self.trimming, group, size)
        return found if own is None else _fixed(own.gain * found.values)

    def offset(self, group: str, size: int) -> FixedArray:
        """offset*z + shift of each neuron."""
        found = self.silicon.offset * self._normal("offset", group, (size,))
        own = trims.of_group(self.trimming, group, size)
        return _fixed(found if own is None else found + own.offset)

    def deviation(self, group: str, constant: str, size: int) -> FixedArray:
        """The factor of a constant, of each neuron, and its trim."""
        found = self._around_one(self.silicon.mismatch.get(constant, 0.0), f"mismatch/{constant}", group, size)
        own = trims.of_group(self.trimming, group, size)
        return found if own is None or constant not in own.constants else _fixed(own.constants[constant] * found.values)

    def drift(self, group: str, size: int) -> Array:
        """The relative change of the gain in a trial, of each neuron."""
        return self.silicon.drift / 1000 * self._normal("drift", group, (size,))

    def alive_neurons(self, group: str, size: int) -> FixedArray:
        """1, or 0 where a neuron is dead."""
        return self._alive(self.silicon.dead_neurons, "dead_neurons", group, (size,))

    def alive_synapses(self, matrix: str, shape: tuple[int, ...]) -> FixedArray:
        """1, or 0 where a synapse is dead."""
        return self._alive(self.silicon.dead_synapses, "dead_synapses", matrix, shape)

    def synapse_gain(self, matrix: str, shape: tuple[int, ...]) -> FixedArray:
        """The gain of each synapse."""
        return self._around_one(self.silicon.weight_gain, "weight_gain", matrix, *shape)

    def synapse_offset(self, matrix: str, shape: tuple[int, ...]) -> FixedArray:
        """What each synapse adds."""
        spread = self.silicon.weight_offset * self.silicon.weight_range
        return _fixed(spread * self._normal("weight_offset", matrix, shape))

    def stuck(self, matrix: str, shape: tuple[int, ...]) -> tuple[FixedArray, FixedArray]:
        """1 where a synapse is stuck, else 0; and the value that it then delivers, from anywhere in the range."""
        random = stream(self.seed, "device", "stuck_synapses", matrix)
        is_stuck = (random.random(shape) < self.silicon.stuck_synapses).astype(np.float64)
        return _fixed(is_stuck), _fixed(random.uniform(-1, 1, shape) * self.silicon.weight_range)

    def programming(self, matrix: str, shape: tuple[int, ...], phase: str, index: int) -> Array:
        """What the programming of a number adds to each synapse, in a part of a run."""
        spread = self.silicon.write_noise * self.silicon.weight_range
        return spread * stream(self.seed, "device", "programming", matrix, phase, index).standard_normal(shape)

    def _normal(self, what: str, part: str, shape: tuple[int, ...]) -> Array:
        return stream(self.seed, "device", what, part).standard_normal(shape)

    def _around_one(self, spread: float, what: str, part: str, *shape: int) -> FixedArray:
        return _fixed(np.maximum(1 + spread * self._normal(what, part, shape), LEAST_GAIN))

    def _alive(self, share: float, what: str, part: str, shape: tuple[int, ...]) -> FixedArray:
        return _fixed((stream(self.seed, "device", what, part).random(shape) >= share).astype(np.float64))


def _fixed(values: Array) -> FixedArray:
    return FixedArray.of(values, "device")


def fractional_bits(bits: int, largest: float) -> int:
    """The bits behind the point of weights of so many bits in a range: the step is largest*2**(1 - bits)."""
    return bits - 1 - math.ceil(math.log2(largest))
