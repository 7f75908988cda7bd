"""What every connectivity says of itself: its synapses, how many these are, and its form in JSON."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.extensions import ExtensionGroup
from neurosim.errors import ModelError
from neurosim.model.connectivity.named_arrays import Arrays
from neurosim.model.connectivity.wiring import Wiring

CONNECTIVITY = ExtensionGroup("neurosim.connectivity", ModelError)
"""Connectivity of other packages: an entry point is a subclass of `Connectivity`, its name the `kind` of that."""

Synapses = Wiring | tuple[NDArray[np.integer], NDArray[np.integer]]
"""What is checked already, or sources and targets, which are checked then."""

Own = TypeVar("Own", bound="Connectivity")


class Connectivity(ABC):
    """drive_j = sum over the synapses (i, j) of w*output_i: which synapses a projection has.

    A class of another package is a frozen dataclass whose fields are its settings, as a scenario file has them. It
    needs `indices` alone, and the others where it knows better.

    Attributes
    ----------
    kind
        Its name in files: in JSON, and as ``connectivity.kind`` of a scenario file. That of a class of another package
        is the name of its entry point in the group ``neurosim.connectivity``.
    has_arrays
        Whether its document names arrays, which `arrays` gives.
    """

    kind: ClassVar[str]
    has_arrays: ClassVar[bool] = False

    @abstractmethod
    def indices(self, pre: int, post: int, where: str) -> Synapses | None:
        """Source and target of each synapse, in the order of the learned arrays; the same in each call.

        Parameters
        ----------
        pre, post
            Neurons of the source and of the target.
        where
            Begins messages: what is connected.

        Returns
        -------
        Wiring or tuple, optional
            Two arrays of whole numbers, each of shape (synapses,), counted from 0; None where every pair has a synapse,
            in the order of a matrix of shape (pre, post).

        Raises
        ------
        ModelError
            Where it does not fit the two populations.
        """

    def synapses(self, pre: int, post: int) -> int:
        """How many synapses there are at most: by default pre*post. Asked before any array is made."""
        return pre * post

    def document(self) -> dict[str, Any]:
        """What its JSON has beside its kind, which `of_document` reads: by default the fields of the dataclass."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init} if is_dataclass(self) else {}

    def arrays(self) -> Arrays:
        """The arrays that its document names, by digest; by default none."""
        return {}

    @classmethod
    def of_document(cls: type[Own], document: Mapping[str, Any], where: str, arrays: Arrays) -> Own:
        """The connectivity of a document.

        Parameters
        ----------
        document
            What `document` gave, as JSON has it.
        where
            Begins messages: the projection.
        arrays
            At least those that the document names.

        Raises
        ------
        ModelError
            For an array that is missing, or is another than its name says.
        """
        return cls(**document)
