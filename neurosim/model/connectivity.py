"""Which neurons a projection connects: all of them, each with its like, or given pairs.

Random wiring is drawn where all random numbers come from, and given as pairs: `neurosim.model.random_connectivity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neurosim.edges.values import whole_array
from neurosim.errors import ModelError

Indices = tuple[tuple[int, ...], tuple[int, ...]]
"""(source, target) of each synapse, as two tuples of indices."""


@dataclass(frozen=True)
class AllToAll:
    """drive_j = sum over all i of w_ij*output_i.

    Every neuron of the source has a synapse to every neuron of the target. Learned arrays have shape (pre, post).
    """

    def indices(self, pre: int, post: int, where: str) -> Indices | None:
        """None: there is a synapse for every pair, in the order of a matrix of shape (pre, post)."""
        return None


@dataclass(frozen=True)
class OneToOne:
    """drive_i = w_i*output_i.

    Neuron i of the source has one synapse, to neuron i of the target. Learned arrays have shape (neurons,).
    """

    def indices(self, pre: int, post: int, where: str) -> Indices:
        """Source and target of each synapse: both are 0 to `pre` - 1.

        Raises
        ------
        ModelError
            Where the two populations differ in size.
        """
        if pre != post:
            raise ModelError(f"{where}: one-to-one from {pre} neurons to {post}; expected populations of one size")
        return tuple(range(pre)), tuple(range(post))


@dataclass(frozen=True)
class Pairs:
    """drive_j = sum over the pairs (i, j) of w*output_i. Learned arrays have shape (pairs,), in the order given.

    Parameters
    ----------
    pre, post
        Index of each synapse's source and target, counted from 0; no pair twice.

    Raises
    ------
    ModelError
        For lists of different lengths, for none at all, what is no whole number, or a pair given twice.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.Pairs([0, 0, 1], [1, 2, 0])
    Pairs(pre=(0, 0, 1), post=(1, 2, 0))
    >>> ns.Pairs([0, 0], [1, 1])
    Traceback (most recent call last):
        ...
    neurosim.errors.ModelError: a pair of neurons is given twice; expected at most one synapse from one to another
    """

    pre: Sequence[int]
    post: Sequence[int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "pre", _listed(self.pre, "pairs: sources"))
        object.__setattr__(self, "post", _listed(self.post, "pairs: targets"))
        if not self.pre or len(self.pre) != len(self.post):
            raise ModelError(
                f"pairs of {len(self.pre)} sources and {len(self.post)} targets; expected as many, and at least one"
            )
        if len(set(zip(self.pre, self.post, strict=True))) < len(self.pre):
            raise ModelError("a pair of neurons is given twice; expected at most one synapse from one to another")

    def indices(self, pre: int, post: int, where: str) -> Indices:
        """Source and target of each synapse, in the order given.

        Raises
        ------
        ModelError
            For an index outside of its population.
        """
        for side, given, size in (("source", self.pre, pre), ("target", self.post, post)):
            if not (min(given) >= 0 and max(given) < size):
                wrong = min(given) if min(given) < 0 else max(given)
                raise ModelError(f"{where}: a pair has {side} {wrong}; expected 0 to {size - 1}")
        return tuple(self.pre), tuple(self.post)


def _listed(indices: Sequence[int], what: str) -> tuple[int, ...]:
    found = whole_array(indices, what, error=ModelError)
    if found.ndim != 1:
        raise ModelError(f"{what} have shape {found.shape}; expected a list of indices")
    return tuple(found.tolist())


Connectivity = AllToAll | OneToOne | Pairs

ALL_TO_ALL = AllToAll()
"""Of a projection that names no other."""
