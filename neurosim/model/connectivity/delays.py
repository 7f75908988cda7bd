"""A delay for each synapse of a projection, in steps."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import whole_values
from neurosim.errors import ModelError
from neurosim.model.connectivity.wiring import Index, frozen

LONGEST = 2**16
"""Steps of a delay of a synapse: as many outputs of its source are kept."""


@dataclass(frozen=True, eq=False, repr=False)
class Delays:
    """In step k arrives at synapse s what its source put out at the end of step k - steps_s.

    Equal to another with the same numbers.

    Parameters
    ----------
    steps
        One for each synapse, at least 1, in the order of the learned arrays; kept as int32 of shape (synapses,).

    Raises
    ------
    ModelError
        For values that are no whole numbers from 1 to `LONGEST`, or no list.
    """

    steps: Sequence[int] | NDArray[np.integer]

    def __post_init__(self) -> None:
        given = whole_values(self.steps, "delays in steps", least=1, most=LONGEST, error=ModelError)
        if given.ndim != 1 or not len(given):
            raise ModelError(f"delays have shape {given.shape}; expected one number, or a list of one for each synapse")
        object.__setattr__(self, "steps", frozen(given))

    @property
    def array(self) -> Index:
        """The steps of each synapse, int32 of shape (synapses,); nobody writes to them."""
        return self.steps  # type: ignore[return-value]

    @cached_property
    def longest(self) -> int:
        """The most steps of any synapse."""
        return int(self.array.max())

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the steps, as 64 digits: the name of their array."""
        return hashlib.sha256(b"delays" + self.array.astype("<i4", copy=False).tobytes()).hexdigest()

    def __len__(self) -> int:
        return len(self.array)

    def __eq__(self, other: object) -> bool:
        return np.array_equal(self.array, other.array) if isinstance(other, Delays) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Delays of {len(self):,} synapses, 1 to {self.longest} steps"
