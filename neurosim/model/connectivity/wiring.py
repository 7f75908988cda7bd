"""Which synapses there are: the source and the target of each, as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Wiring:
    """The synapses of a projection, in the order of its learned arrays. Equal to another with the same numbers.

    Wiring is data, as weights are: programs that differ in nothing else have one digest and share what is compiled.

    Attributes
    ----------
    pre, post
        Source and target of each synapse, int32 of shape (synapses,); nobody writes to them.
    """

    pre: Index
    post: Index

    @classmethod
    def of(cls, pre: NDArray[np.integer], post: NDArray[np.integer]) -> Wiring:
        """Make a wiring of whole numbers that were checked before; they are copied unless they are int32 and frozen."""
        return cls(_frozen(pre), _frozen(post))

    def __len__(self) -> int:
        return len(self.pre)

    def __iter__(self) -> Iterator[Index]:
        """Sources, then targets: ``pre, post = wiring``."""
        return iter((self.pre, self.post))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Wiring):
            return NotImplemented
        return self is other or all(map(np.array_equal, self, other))

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of sources and targets, as 64 digits: the name of these arrays."""
        content = hashlib.sha256(b"wiring")
        for side in self:
            content.update(side.astype("<i4", copy=False).data)
        return content.hexdigest()

    def row_order(self) -> NDArray[np.integer] | None:
        """Find the order of synapses by source, then by target, then as they are given.

        Returns
        -------
        ndarray, optional
            Positions of the synapses, of shape (synapses,); None where they are in this order.
        """
        place = self.pre.astype(np.int64) << 32 | self.post
        if (place[1:] >= place[:-1]).all():
            return None
        order = np.argsort(place, kind="stable")
        return order if len(order) > np.iinfo(np.int32).max else order.astype(np.int32)

    def in_order(self, order: NDArray[np.integer]) -> Wiring:
        """Take the synapses in another order, given as their positions, of shape (synapses,)."""
        return Wiring.of(self.pre[order], self.post[order])


def _frozen(indices: NDArray[np.integer]) -> Index:
    """Return int32 that nobody else can write to."""
    if indices.dtype == np.int32 and indices.flags.c_contiguous and not _can_be_written(indices):
        return indices  # type: ignore[return-value]
    frozen = np.array(indices, dtype=np.int32)
    frozen.flags.writeable = False
    return frozen


def _can_be_written(array: NDArray[np.integer]) -> bool:
    owner: object = array
    while isinstance(owner, np.ndarray):
        if owner.flags.writeable:
            return True
        owner = owner.base
    return owner is not None
