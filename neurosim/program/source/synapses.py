"""The synapses of a sparse matrix as printed statements use them: those of the neurons that fired, or all.

Which synapses there are is data: a printed text is the same for every wiring.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurosim.model.connectivity.wiring import Wiring
from neurosim.program.program import Program
from neurosim.program.schedule import Array
from neurosim.program.source.late_synapses import LateSynapses, late_synapses
from neurosim.program.source.sums import FEW, Ends, Positions, sums


class Synapses:
    """The synapses of a sparse matrix, in the order of its learned arrays; what is not asked for is not made.

    Sessions have synapses in the order of their rows. The terms of a sum then come by ascending neuron whether zeros
    are left out or not; in another order this holds only where zeros are left out.

    Attributes
    ----------
    wiring
        The source and the target of each.
    sources, targets
        Numbers of neurons at either end.
    """

    def __init__(self, wiring: Wiring, sources: int, targets: int):
        self.wiring, self.sources, self.targets = wiring, sources, targets

    @cached_property
    def rows(self) -> Ends:
        """The synapses of each source."""
        return Ends(self.wiring.pre, self.wiring.post, self.fan_out)

    @cached_property
    def columns(self) -> Ends:
        """The synapses of each target."""
        return Ends(self.wiring.post, self.wiring.pre, self.fan_in)

    @cached_property
    def pre(self) -> NDArray[np.intp]:
        """The source of each synapse, of shape (synapses,), as NumPy takes it fastest."""
        return self.wiring.pre.astype(np.intp)

    @cached_property
    def post(self) -> NDArray[np.intp]:
        """The target of each synapse, of shape (synapses,)."""
        return self.wiring.post.astype(np.intp)

    @cached_property
    def fan_out(self) -> NDArray[np.int64]:
        """How many synapses each source has, of shape (sources,)."""
        return np.bincount(self.wiring.pre, minlength=self.sources)

    @cached_property
    def fan_in(self) -> NDArray[np.int64]:
        """How many synapses each target has, of shape (targets,)."""
        return np.bincount(self.wiring.post, minlength=self.targets)

    def into_targets(self, source: Array, weight: Array) -> Array:
        """Sum w*source over the synapses of each target: of shape (targets,), from (sources,) and (synapses,)."""
        return sums(self.post, source[self.pre] * weight, self.targets)

    def into_sources(self, target: Array, weight: Array) -> Array:
        """Sum w*target over the synapses of each source: of shape (sources,), from (targets,) and (synapses,)."""
        return sums(self.pre, target[self.post] * weight, self.sources)

    def spikes_into_targets(self, spikes: Array, weight: Array) -> Array:
        """Sum w over the synapses of each target whose source fired, for weights that are finite.

        The terms of a target come by ascending source, as in `into_targets`: to leave zeros out changes no bit.
        """
        fired = _fired(spikes)
        if int(self.fan_out[fired].sum()) * FEW > len(weight):
            return self.into_targets(spikes, weight)
        return _summed(self.rows, fired, weight, self.targets)

    def spikes_into_sources(self, spikes: Array, weight: Array) -> Array:
        """Sum w over the synapses of each source whose target fired, for weights that are finite."""
        fired = _fired(spikes)
        if int(self.fan_in[fired].sum()) * FEW > len(weight):
            return self.into_sources(spikes, weight)
        return _summed(self.columns, fired, weight, self.sources)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.wiring)

    def of_each(self, weights: Array) -> Array:
        """Return the weight of each synapse, of shape (synapses,), from those that they share."""
        assert self.wiring.share is not None
        return weights.take(self.wiring.share) if np.ndim(weights) else np.full(self.count, weights)

    def added(self, terms: Array | float, weights: Array, some: Positions | None = None) -> Array:
        """Add up what synapses, all or some, add to the weights that they share.

        Parameters
        ----------
        terms
            A number for each of the synapses, or one for all.
        weights
            Those that they share: the sums have their shape.
        some
            The places of the synapses; None for all.
        """
        assert self.wiring.share is not None
        share = self.wiring.share if some is None else self.wiring.share[some]
        return sums(share, np.broadcast_to(terms, share.shape), weights.size).reshape(weights.shape)

    @cached_property
    def late(self) -> LateSynapses:
        """The same forwards, where each has a delay."""
        return late_synapses(self.wiring, self.sources, self.targets, transposed=False)

    @cached_property
    def late_back(self) -> LateSynapses:
        """The same backwards, where each has a delay."""
        return late_synapses(self.wiring, self.sources, self.targets, transposed=True)

    def of_targets(self, fired: Positions) -> Positions:
        """Return the places of the synapses of some targets in learned arrays."""
        return self.columns.of(fired)[1]


def _fired(spikes: Array) -> NDArray[np.intp]:
    """Find the neurons whose spike is not 0; NumPy is slow to do so in an array of floats."""
    fired: NDArray[np.intp] = (spikes != 0.0).nonzero()[0]
    return fired


def _summed(near: Ends, fired: Positions, weight: Array, size: int) -> Array:
    places, positions = near.of(fired)
    return sums(near.far[places], weight[positions], size)


def synapses_of(program: Program) -> Mapping[str, Synapses]:
    """Return the synapses of each sparse matrix of a program, by its name."""
    sizes = {g.name: g.size for g in program.groups}
    return {m.name: Synapses(m.wiring, sizes[m.pre], sizes[m.post]) for m in program.matrices if m.wiring is not None}
