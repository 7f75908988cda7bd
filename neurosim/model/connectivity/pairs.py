"""Synapses between given pairs of neurons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.foreign_errors import border
from neurosim.edges.values import whole_values
from neurosim.errors import ModelError
from neurosim.model.connectivity.connectivity import Connectivity
from neurosim.model.connectivity.named_arrays import Arrays, another, named_array
from neurosim.model.connectivity.wiring import Wiring

MOST = np.iinfo(np.int32).max
"""The largest index of a neuron."""

SHOWN = 6
"""Pairs that a printed text has, at most."""


@dataclass(frozen=True, eq=False, repr=False)
class Pairs(Connectivity):
    """drive_j = sum over the pairs (i, j) of w*output_i. Learned arrays have shape (pairs,), in the order given.

    A pair that is given several times has several synapses.

    Parameters
    ----------
    pre, post
        Index of each synapse's source and target, counted from 0; kept as int32 arrays of shape (pairs,).

    Attributes
    ----------
    wiring
        The same, as what projections are made of.

    Raises
    ------
    ModelError
        For lists of different lengths, for none at all, or for what is no whole number of at least 0.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.Pairs([0, 0, 1], [1, 2, 0])
    Pairs([0, 0, 1], [1, 2, 0])
    >>> ns.Pairs([0, 0], [1])
    Traceback (most recent call last):
        ...
    neurosim.errors.ModelError: pairs of 2 sources and 1 targets; expected as many, and at least one
    """

    kind = "pairs"
    has_arrays = True

    pre: Sequence[int] | NDArray[np.integer]
    post: Sequence[int] | NDArray[np.integer]
    wiring: Wiring = field(init=False)

    def __post_init__(self) -> None:
        wiring = Wiring.of(_listed(self.pre, "sources"), _listed(self.post, "targets"))
        if not len(wiring) or len(wiring.pre) != len(wiring.post):
            raise ModelError(
                f"pairs of {len(wiring.pre)} sources and {len(wiring.post)} targets; expected as many, and at least one"
            )
        object.__setattr__(self, "pre", wiring.pre)
        object.__setattr__(self, "post", wiring.post)
        object.__setattr__(self, "wiring", wiring)

    def __eq__(self, other: object) -> bool:
        return self.wiring == other.wiring if isinstance(other, Pairs) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.wiring)

    def __repr__(self) -> str:
        return f"Pairs({_told(self.wiring.pre)}, {_told(self.wiring.post)})"

    def indices(self, pre: int, post: int, where: str) -> Wiring:
        """Source and target of each synapse, in the order given.

        Raises
        ------
        ModelError
            For an index outside of its population.
        """
        for side, given, size in (("source", self.wiring.pre, pre), ("target", self.wiring.post, post)):
            if not (given.min() >= 0 and given.max() < size):
                wrong = given.min() if given.min() < 0 else given.max()
                raise ModelError(f"{where}: a pair has {side} {wrong}; expected 0 to {size - 1}")
        return self.wiring

    def synapses(self, pre: int, post: int) -> int:
        """The number of pairs."""
        return len(self.wiring)

    def document(self) -> dict[str, Any]:
        """How many pairs there are, and the digest of their array."""
        return {"synapses": len(self.wiring), "wiring": self.wiring.digest}

    def arrays(self) -> dict[str, NDArray[np.int32]]:
        """Sources and targets, int32 of shape (2, pairs), by digest."""
        return {self.wiring.digest: np.stack(tuple(self.wiring))}

    @classmethod
    def of_document(cls, document: Mapping[str, Any], where: str, arrays: Arrays) -> Pairs:
        """The pairs of a document: those of the array that it names, or its lists of numbers, as neurosim 0.1 wrote.

        Raises
        ------
        ModelError
            For an array that is missing, has another shape, or is another than its name says.
        """
        if "wiring" not in document:
            return cls(**document)
        name, shape = document["wiring"], (2, document["synapses"])
        array = named_array(name, f"{where}: its pairs are", arrays)
        if array.shape != shape:
            raise ModelError(f"{where}: the array {name:.12}... has shape {array.shape}, expected {shape}")
        pairs = cls(*array)
        if pairs.wiring.digest != name:
            raise ModelError(f"{where}: {another(name, pairs.wiring.digest)}")
        return pairs


def wiring_of(connectivity: Connectivity, pre: int, post: int, where: str) -> Wiring | None:
    """The synapses of a connectivity, which may be of someone else's class; None where it connects all to all.

    Raises
    ------
    ModelError
        If it does not fit the two populations, gives no synapses, or raises anything.
    """
    with border(f"{where}: connectivity {type(connectivity).__name__}", ModelError):
        synapses = connectivity.indices(pre, post, where)
        if synapses is None or isinstance(synapses, Wiring):
            return synapses
        return Pairs(*synapses).indices(pre, post, where)


def _listed(indices: Sequence[int] | NDArray[np.integer], what: str) -> NDArray[np.integer]:
    found = whole_values(indices, f"pairs: {what}", least=-MOST, most=MOST, error=ModelError)
    if found.ndim != 1:
        raise ModelError(f"pairs: {what} have shape {found.shape}; expected a list of indices")
    return found


def _told(indices: NDArray[np.int32]) -> str:
    if len(indices) <= SHOWN:
        return str(indices.tolist())
    first = ", ".join(map(str, indices[: SHOWN - 1]))
    return f"[{first}, ... {len(indices):,} in all]"
