"""Pairs and weights of a matrix: an array, or a sparse one of SciPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.edges.values import finite_array, shown
from neurosim.errors import ModelError
from neurosim.model.connectivity.pairs import Pairs
from neurosim.model.connectivity.rules.rule import Index, Sides, WiringRule, made
from neurosim.model.fixed import FixedArray


@dataclass(frozen=True)
class MatrixWiring(WiringRule):
    """Source i has a synapse to target j where the matrix has an entry (i, j); see `from_matrix`.

    Attributes
    ----------
    pairs
        The pairs, ordered by source, then by target.
    weights
        The entry of each pair, shape (synapses,).
    shape
        Of the matrix: sources, targets.
    """

    pairs: Pairs
    weights: FixedArray
    shape: tuple[int, int]

    def draw(self, random: np.random.Generator, sides: Sides) -> Pairs:
        """Return the pairs; nothing is drawn.

        Raises
        ------
        ModelError
            For populations of other sizes than the matrix has.
        """
        if self.shape != (sides.pre, sides.post):
            raise ModelError(
                f"{sides.where}: a matrix of shape {self.shape}; expected ({sides.pre}, {sides.post}), "
                "a row for each source and a column for each target"
            )
        return self.pairs


def from_matrix(matrix: Any) -> MatrixWiring:
    """Source i has a synapse of weight m[i, j] to target j where the matrix has an entry.

    Parameters
    ----------
    matrix
        A 2-D array, whose entries are the values that are not 0; or a sparse matrix or array of SciPy, whose entries
        are those that it stores, zeros among them. What is stored twice is summed, as SciPy does. It is copied.

    Returns
    -------
    MatrixWiring
        `pairs` and `weights` in one order.

    Raises
    ------
    ModelError
        For what has not two axes, has no entry, or one that is no finite number.

    Examples
    --------
    >>> import neurosim as ns
    >>> found = ns.from_matrix([[0.0, 2.5], [1.0, 0.0]])
    >>> found.pairs, found.weights.values.tolist()
    (Pairs([0, 1], [1, 0]), [2.5, 1.0])
    """
    sparse = hasattr(matrix, "tocsr") and hasattr(matrix, "nnz")
    pre, post, weights, shape = _of_sparse(matrix) if sparse else _of_array(matrix)
    pairs = made([(pre, post)], f"a matrix of shape {shape} without entries", "from_matrix")
    return MatrixWiring(pairs, FixedArray.of(weights, "from_matrix: the matrix"), shape)


def _of_array(matrix: object) -> tuple[Index, Index, Any, tuple[int, int]]:
    dense = finite_array(matrix, "from_matrix: the matrix", error=ModelError)
    if dense.ndim != 2:
        raise ModelError(f"from_matrix: {shown(matrix)} of shape {dense.shape}; expected two axes, (sources, targets)")
    pre, post = np.nonzero(dense)
    return pre.astype(np.int32), post.astype(np.int32), dense[pre, post], (dense.shape[0], dense.shape[1])


def _of_sparse(matrix: Any) -> tuple[Index, Index, Any, tuple[int, int]]:
    if len(matrix.shape) != 2:
        raise ModelError(f"from_matrix: a sparse array of shape {matrix.shape}; expected two axes, (sources, targets)")
    rows = matrix.tocsr(copy=True)
    rows.sum_duplicates()  # and sorts them
    pre = np.repeat(np.arange(rows.shape[0], dtype=np.int32), np.diff(rows.indptr))
    return pre, rows.indices.astype(np.int32), rows.data, rows.shape
