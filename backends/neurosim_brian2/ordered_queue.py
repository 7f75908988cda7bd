"""Brian2's queue of spikes that are under way, in the order in which sums over synapses are defined."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class OrderedQueue:
    """A queue of Brian2 that gives the synapses of a step in their own order: by delay, then by source.

    Brian2 gives those first whose spikes are the oldest, and so adds their weights first; the last bit tells.

    Parameters
    ----------
    queue
        One of Brian2's.
    """

    def __init__(self, queue: Any):
        self._queue = queue

    def peek(self) -> NDArray[np.int32]:
        """Return the synapses at which spikes arrive in this step."""
        return np.sort(self._queue.peek())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)
