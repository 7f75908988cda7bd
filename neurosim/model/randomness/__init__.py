"""Named random streams: the only place where random numbers come from.

A stream is Philox4x64 keyed by the first 128 bits of SHA-256 of the seed and the stream's name, so a stream does not
depend on what others were drawn before it, nor on the backend.
"""

from __future__ import annotations

import hashlib

import numpy as np

from neurosim.edges.values import whole_number


def stream(seed: int, *name: str | int) -> np.random.Generator:
    """The generator called `name` of a scenario run: ``stream(seed, "order", task, epoch)``.

    Parameters
    ----------
    seed
        Of the run.
    name
        What is drawn, from the general to the particular; streams of different names are independent.

    Returns
    -------
    numpy.random.Generator
        At its beginning: the same seed and name always give the same numbers.

    Raises
    ------
    InputError
        For a seed that is no whole number.

    Examples
    --------
    >>> stream(1, "order", 0).permutation(5).tolist() == stream(1, "order", 0).permutation(5).tolist()
    True
    """
    seed = whole_number(seed, "seed")
    text = "/".join(str(part) for part in ("neurosim", seed, *name))
    key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))
