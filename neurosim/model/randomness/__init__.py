"""Named random streams: the only place where random numbers come from.

A stream is Philox4x64 keyed by the first 128 bits of SHA-256 of the seed and the stream's name, so a stream does not
depend on what others were drawn before it, nor on the backend.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

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
    key = np.frombuffer(hashlib.sha256(text.encode()).digest()[:16], "<u8").astype(np.uint64)
    return np.random.Generator(_keyed(key))


_NO_ENTROPY = np.random.SeedSequence(0)
"""Given a key alone, NumPy asks the system for entropy that it does not use, which takes longer than all the rest."""


def _keyed(key: NDArray[np.uint64]) -> np.random.Philox:
    """``Philox(key=key)``."""
    philox = np.random.Philox(_NO_ENTROPY)
    philox.state = {
        "bit_generator": "Philox",
        "state": {"counter": np.zeros(4, np.uint64), "key": key},
        "buffer": np.zeros(4, np.uint64),
        "buffer_pos": 4,  # nothing in it
        "has_uint32": 0,
        "uinteger": 0,
    }
    return philox
