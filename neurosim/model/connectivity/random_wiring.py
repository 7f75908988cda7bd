"""Random wiring, drawn from a named stream, so that it is the same for every backend."""

from __future__ import annotations

import numpy as np

from neurosim.edges.values import whole_number
from neurosim.errors import ModelError
from neurosim.model.connectivity.pairs import Pairs
from neurosim.model.randomness import stream
from neurosim.model.randomness.positions import subsets


def fixed_in_degree(seed: int, projection: str, pre: int, post: int, degree: int) -> Pairs:
    """`degree` different sources for each target, every set of them as likely, from ``wiring/PROJECTION``.

    Parameters
    ----------
    projection
        Name of the projection: others of the same seed are wired independently.
    pre, post
        Neurons of the source and of the target.

    Returns
    -------
    Pairs
        Ordered by target, then by source.

    Raises
    ------
    ModelError
        If there are fewer sources than `degree`.
    """
    where = f"projection {projection}:"
    pre = whole_number(pre, f"{where} sources", least=1, error=ModelError)
    post = whole_number(post, f"{where} targets", least=1, error=ModelError)
    degree = whole_number(degree, f"{where} in-degree", error=ModelError)
    if not 1 <= degree <= pre:
        raise ModelError(f"projection {projection}: in-degree {degree}; expected 1 to the number of sources, {pre}")
    random = stream(seed, "wiring", projection)
    sources = subsets(random, pre, degree, post)
    return Pairs(sources.ravel(), np.repeat(np.arange(post, dtype=np.int32), degree))
