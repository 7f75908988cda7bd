"""Trims: numbers of a few bits beside each neuron of a chip, which make up for what its silicon is.

With them the gain of a neuron is trim*gain, its offset is offset + shift, and a constant of its own is trim*constant.
Scaling the weights of a neuron would not do: a reciprocal projection needs the gain of one end in each direction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from neurosim.errors import ModelError
from neurosim.program.schedule import Array

BITS = 6
"""Of a trim, where a chip does not say otherwise."""


@dataclass(frozen=True, eq=False)
class Trims:
    """Those of a population, each of shape (size,).

    Attributes
    ----------
    gain
        Factors of the gains.
    offset
        What is added to the offsets.
    constants
        Factors of constants of the model, by name.
    """

    gain: Array
    offset: Array
    constants: Mapping[str, Array] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of neurons."""
        return len(self.gain)


Trimming = Mapping[str, Trims]
"""The trims of a chip, by population."""


def factors(found: Array, bits: int) -> Array:
    """floor(h/found + 1/2)/h, h = 2**(bits - 1), from 1/h to 2 - 1/h: the trims of what should be 1.

    Parameters
    ----------
    found
        What was measured of each neuron, above 0; shape (size,).
    bits
        Of a trim.
    """
    half = 2.0 ** (bits - 1)
    return np.clip(np.floor(half / found + 0.5), 1, 2 * half - 1) / half


def shifts(found: Array, bits: int) -> Array:
    """-floor(4*h*found + 1/2)/(4*h), h = 2**(bits - 1), below 1/4 in size: the trims of what should be 0.

    Parameters
    ----------
    found
        What was measured of each neuron; shape (size,).
    bits
        Of a trim, with its sign.
    """
    half = 2.0 ** (bits - 1)
    return -np.clip(np.floor(4 * half * found + 0.5), 1 - half, half - 1) / (4 * half) + 0.0


def of_group(trimming: Trimming, group: str, size: int) -> Trims | None:
    """Return the trims of a population; None where it was not calibrated.

    Raises
    ------
    ModelError
        If another number of neurons was calibrated.
    """
    trims = trimming.get(group)
    if trims is not None and trims.size != size:
        raise ModelError(
            f"population {group} has {size} neurons, of which a calibration of {trims.size} was loaded; calibrate the "
            "device for this network"
        )
    return trims
