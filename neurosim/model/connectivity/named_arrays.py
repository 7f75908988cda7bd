"""Arrays beside a document in JSON, which names each by its digest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from neurosim.errors import ModelError

Arrays = Mapping[str, NDArray[Any]]
"""By digest: sources and targets of pairs, of shape (2, synapses), delays, float64 values of neurons or synapses."""

BRING_BACK = (
    "bring back the file that was saved beside the text, or call Network.from_json(text, arrays) with the "
    "Network.arrays() of the same network"
)


def named_array(name: str, what: str, arrays: Arrays) -> NDArray[Any]:
    """The array of a name.

    Raises
    ------
    ModelError
        If it is not there; it begins with what it is.
    """
    if name not in arrays:
        raise ModelError(f"{what} the array {name:.12}..., which is missing; {BRING_BACK}")
    return arrays[name]


def another(name: str, digest: str) -> str:
    """What is wrong where the array of a name has another digest."""
    return (
        f"the array {name:.12}... is another, for its digest is {digest:.12}...; it was "
        "altered, or is of another network: bring back the one that was written with the text"
    )
