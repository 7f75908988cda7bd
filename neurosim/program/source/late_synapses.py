"""The synapses of a sparse matrix that have a delay each, in one direction, as printed statements use them.

A synapse with a delay of d steps comes from a place among the past outputs of its source: to sum over synapses with
delays is to sum over synapses whose sources are these places.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurosim.model.connectivity.wiring import Index, Wiring
from neurosim.program.schedule import Array
from neurosim.program.source.past import Past, PastSpikes
from neurosim.program.source.sums import FEW, Ends, sums


class LateSynapses:
    """The synapses of one direction of a sparse matrix, in the order of its learned arrays.

    Sessions have synapses by delay, then in the order of their rows. The terms of a sum then come by ascending delay,
    and of one delay by ascending source.

    Parameters
    ----------
    near, far
        Source and target of each in this direction, int32 of shape (synapses,).
    delay
        Steps of each.
    sources, targets
        Numbers of neurons at either end.

    Attributes
    ----------
    places
        Where each has its source among the past outputs, of shape (synapses,).
    """

    def __init__(self, near: Index, far: Index, delay: Index, sources: int, targets: int):
        self._far, self._targets = far, targets
        self._places = int(delay.max(initial=1)) * sources
        self.places: NDArray[np.intp] = (delay.astype(np.intp) - 1) * sources + near

    @cached_property
    def _target_of(self) -> NDArray[np.intp]:
        return self._far.astype(np.intp)

    @cached_property
    def _rows(self) -> Ends:
        return Ends(self.places, self._far, self._fan_out)

    @cached_property
    def _fan_out(self) -> NDArray[np.int64]:
        return np.bincount(self.places, minlength=self._places)

    def into(self, past: Past, weight: Array) -> Array:
        """Sum w*output over the synapses of each target: of shape (targets,), from weights of shape (synapses,)."""
        return sums(self._target_of, past.values[self.places] * weight, self._targets)

    def spikes_into(self, past: PastSpikes, weight: Array) -> Array:
        """Sum w over the synapses of each target at which a spike arrives, for weights that are finite."""
        fired = self._arriving(past)
        if int(self._fan_out[fired].sum()) * FEW > len(weight):
            return self.into(past, weight)
        places, positions = self._rows.of(fired)
        return sums(self._rows.far[places], weight[positions], self._targets)

    def operations(self, past: Past) -> int:
        """Count the synapses at which something arrives that is not zero."""
        if isinstance(past, PastSpikes):
            return int(self._fan_out[self._arriving(past)].sum())
        return int((past.values[: self._places] != 0.0) @ self._fan_out)

    def _arriving(self, past: PastSpikes) -> NDArray[np.integer]:
        """Leave out what is older than any synapse asks for."""
        return past.fired[: past.fired.searchsorted(self._places)]


def late_synapses(wiring: Wiring, sources: int, targets: int, transposed: bool) -> LateSynapses:
    """Return the synapses with delays of a wiring, forwards or backwards; numbers are those of its two populations."""
    assert wiring.delay is not None
    if transposed:
        return LateSynapses(wiring.post, wiring.pre, wiring.delay, targets, sources)
    return LateSynapses(wiring.pre, wiring.post, wiring.delay, sources, targets)
