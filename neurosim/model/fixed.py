"""Values that differ from neuron to neuron, or from synapse to synapse, and that no rule changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import finite_array
from neurosim.errors import ModelError


@dataclass(frozen=True, eq=False, repr=False)
class FixedArray:
    """One value for each neuron, or for each synapse. Equal to another of the same shape with the same numbers.

    Like a wiring it is data: programs that differ in nothing else have one digest and share what is compiled.

    Attributes
    ----------
    values
        Finite float64 of shape (size,), (pre, post) or (synapses,); nobody writes to it.
    """

    values: NDArray[np.float64]

    @classmethod
    def of(cls, values: object, what: str) -> FixedArray:
        """Copy numbers.

        Raises
        ------
        ModelError
            Beginning with `what`, for what is no array of finite numbers.
        """
        own = finite_array(values, what, error=ModelError) + 0.0  # -0.0, too, is then 0.0
        own.flags.writeable = False
        return cls(own)

    @property
    def shape(self) -> tuple[int, ...]:
        """(size,), (pre, post) or (synapses,)."""
        return self.values.shape

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of shape and numbers, as 64 digits: the name of this array."""
        content = hashlib.sha256(f"fixed {self.shape}".encode())
        content.update(self.values.astype("<f8", copy=False).data)
        return content.hexdigest()

    def in_order(self, order: NDArray[np.integer]) -> FixedArray:
        """Take the values of synapses in another order, given as their positions, of shape (synapses,)."""
        values = self.values[order]
        values.flags.writeable = False
        return FixedArray(values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FixedArray):
            return NotImplemented
        return self is other or np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        values = f"{' x '.join(map(str, self.shape))} values"
        return f"{values} from {self.values.min():g} to {self.values.max():g}" if self.values.size else values


Given = float | Sequence[float] | NDArray[np.floating] | NDArray[np.integer] | FixedArray
"""A number for all neurons or synapses, or a value for each."""


def is_single(value: object) -> bool:
    """Return whether a value has no shape, or is nothing that could be an array."""
    if isinstance(value, FixedArray) or (isinstance(value, Sequence) and not isinstance(value, (str, bytes))):
        return False
    return getattr(value, "ndim", 0) == 0


def digest_of(arrays: Mapping[str, FixedArray]) -> str:
    """One digest of named arrays, as 64 digits; empty where there are none."""
    if not arrays:
        return ""
    lines = (f"{name} {array.digest}" for name, array in sorted(arrays.items()))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
