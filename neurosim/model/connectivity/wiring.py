"""Which synapses there are: the source and the target of each, as arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
    delay
        Steps of each synapse, at least 1, int32 of shape (synapses,); None where no synapse has one of its own.
    share
        The weight of each synapse, a place in a learned array as it lies, row by row; int32 of shape (synapses,). None
        where each has a weight of its own.
    """

    pre: Index
    post: Index
    delay: Index | None = None
    share: Index | None = None

    @classmethod
    def of(
        cls,
        pre: NDArray[np.integer],
        post: NDArray[np.integer],
        delay: NDArray[np.integer] | None = None,
        share: NDArray[np.integer] | None = None,
    ) -> Wiring:
        """Make a wiring of whole numbers that were checked before; they are copied unless they are int32 and frozen."""
        return cls(frozen(pre), frozen(post), *(None if a is None else frozen(a) for a in (delay, share)))

    def delayed(self, delay: Index) -> Wiring:
        """Return the same synapses with a delay each, int32 of shape (synapses,)."""
        return replace(self, delay=delay)

    def __len__(self) -> int:
        return len(self.pre)

    def __iter__(self) -> Iterator[Index]:
        """Sources, then targets: ``pre, post = wiring``."""
        return iter((self.pre, self.post))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Wiring):
            return NotImplemented
        if self is other:
            return True
        arrays, others = self.arrays(), other.arrays()
        return list(arrays) == list(others) and all(map(np.array_equal, arrays.values(), others.values()))

    def __hash__(self) -> int:
        return hash(self.digest)

    def arrays(self) -> dict[str, Index]:
        """Return its arrays by their names; `of` makes it of them."""
        each = {"pre": self.pre, "post": self.post, "delay": self.delay, "share": self.share}
        return {name: array for name, array in each.items() if array is not None}

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of sources, targets, delays and shared weights, as 64 digits: the name of these arrays."""
        content = hashlib.sha256(b"wiring" if self.share is None else b"shared wiring")
        for array in self.arrays().values():
            content.update(np.ascontiguousarray(array, dtype="<i4").data)
        return content.hexdigest()

    def row_order(self) -> NDArray[np.integer] | None:
        """Find the order of synapses by delay, then by source, then by target, then as they are given.

        Returns
        -------
        ndarray, optional
            Positions of the synapses, of shape (synapses,); None where they are in this order.
        """
        return sorting_order(self.post, self.pre, *(() if self.delay is None else (self.delay,)))

    def in_order(self, order: NDArray[np.integer]) -> Wiring:
        """Take the synapses in another order, given as their positions, of shape (synapses,)."""
        return Wiring(**{side: _closed(array[order]) for side, array in self.arrays().items()})


def sorting_order(*keys: NDArray[np.integer]) -> NDArray[np.integer] | None:
    """Find the stable order by the last of some keys, where these are equal by the one before it, and so on.

    Digits of 16 bits are sorted one after another, from the lowest on, for NumPy sorts these in linear time.

    Parameters
    ----------
    keys
        Whole numbers of at least 0, each of shape (n,).

    Returns
    -------
    ndarray, optional
        Positions, of shape (n,); None where all are in this order.
    """
    if _are_sorted(keys):
        return None
    order: NDArray[np.integer] | None = None
    for key in keys:
        if order is None and (key[1:] >= key[:-1]).all():
            continue
        for shift in (0, 16) if key.max(initial=0) >> 16 else (0,):
            digits = (key >> shift).astype(np.uint16)
            by_digit = np.argsort(digits if order is None else digits[order], kind="stable")
            order = _narrow(by_digit) if order is None else order[by_digit]
    return order


def _are_sorted(keys: Sequence[NDArray[np.integer]]) -> bool:
    """Return whether no position comes before the one that it follows."""
    first, *others = keys
    follows = first[1:] >= first[:-1]
    for key in others:
        follows = (key[1:] > key[:-1]) | ((key[1:] == key[:-1]) & follows)
    return bool(follows.all())


def _narrow(positions: NDArray[np.intp]) -> NDArray[np.integer]:
    """Return positions as int32, if there are no more than it can tell apart."""
    return positions if len(positions) > np.iinfo(np.int32).max else positions.astype(np.int32)


def frozen(indices: NDArray[np.integer]) -> Index:
    """Return whole numbers as int32 that nobody can write to; they are copied unless they are so already."""
    if indices.dtype == np.int32 and indices.flags.c_contiguous and not _can_be_written(indices):
        return indices  # type: ignore[return-value]
    return _closed(np.array(indices, dtype=np.int32))


def _closed(fresh: Index) -> Index:
    """Return an array that nobody else has, closed to writing."""
    fresh.flags.writeable = False
    return fresh


def _can_be_written(array: NDArray[np.integer]) -> bool:
    owner: object = array
    while isinstance(owner, np.ndarray):
        if owner.flags.writeable:
            return True
        owner = owner.base
    return owner is not None
