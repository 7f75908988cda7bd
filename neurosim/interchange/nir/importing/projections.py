"""The synapses of a way: one linear node as it is, several multiplied; and the delay of each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.interchange.nir.choices import Choices
from neurosim.interchange.nir.graphs import linear
from neurosim.interchange.nir.graphs.flat import Flat
from neurosim.interchange.nir.graphs.graph import Node
from neurosim.model.connectivity import ALL_TO_ALL, AllToAll, Connectivity, OneToOne, Pairs
from neurosim.model.connectivity.delays import LONGEST
from neurosim.program.memory.footprint import NUMBER, MemoryPart, check_memory

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Array = NDArray[np.float64]
Steps = NDArray[np.int64]
WEIGHTLESS = ("Flatten", "Delay", "Input", "Output")
FULL = 0.5
"""The share of all pairs from which on a product connects all to all."""
ROUNDED = {"nearest": np.rint, "up": np.ceil, "down": np.floor}
EVEN = 1e-6
"""The part of a step by which a delay may differ from a whole number of steps and count as one."""


@dataclass(frozen=True)
class Connected:
    """The synapses of a projection.

    Attributes
    ----------
    weights
        In the shape of the learned array of its connectivity.
    steps
        Of its Delay nodes: one number, or one for each synapse.
    """

    connectivity: Connectivity
    weights: Array
    steps: int | Steps = 0


def connected(flat: Flat, source: str, between: Sequence[str], choices: Choices) -> Connected | None:
    """The synapses of a way from a population through linear nodes; None where it has none.

    Raises
    ------
    InputError
        For what does not fit, overflows, or needs more memory than there is.
    """
    weighted = [n for n in between if flat.nodes[n].kind not in WEIGHTLESS]
    delays = [delay_steps(flat, n, choices) for n in between if flat.nodes[n].kind == "Delay"]
    if len(weighted) > 1 or any(len(np.unique(d)) > 1 for d in delays):
        return _multiplied(flat, source, between, choices)
    steps = sum(int(d[0]) for d in delays)
    if not weighted:
        return Connected(OneToOne(), np.ones(flat.size(source)), steps)
    return _single(flat.nodes[weighted[0]], _shape_before(flat, source, between, weighted[0]), weighted[0], steps)


def _single(node: Node, shape: tuple[int, ...], name: str, steps: int) -> Connected | None:
    if node.kind in ("Affine", "Linear"):
        return Connected(ALL_TO_ALL, np.ascontiguousarray(node.array("weight").T), steps)
    if node.kind == "Scale":
        return Connected(OneToOne(), linear.each(node, "scale", math.prod(shape), name).copy(), steps)
    s = linear.Window.of(node, shape, name).synapses(name)
    return Connected(Pairs(s.pre, s.post), s.weight, steps) if len(s.pre) else None


def _shape_before(flat: Flat, source: str, between: Sequence[str], name: str) -> tuple[int, ...]:
    """Of what comes in at a node of a way."""
    before = (source, *between)[between.index(name)]
    return flat.shapes[before]


def _multiplied(flat: Flat, source: str, between: Sequence[str], choices: Choices) -> Connected | None:
    """The product of the nodes of a way, in parts of one delay each."""
    sparse = linear.sparse_matrices()
    parts: dict[int, Any] = {0: sparse.identity(flat.size(source), format="csr")}
    for name in between:
        node = flat.nodes[name]
        if node.kind == "Delay":
            parts = _delayed(parts, delay_steps(flat, name, choices))
        elif node.kind not in WEIGHTLESS:
            factor = linear.matrix(node, _shape_before(flat, source, between, name), name)
            parts = {steps: product(factor, part, name) for steps, part in parts.items()}
    return _joined(parts, between)


def product(factor: csr_matrix, part: csr_matrix, name: str) -> csr_matrix:
    """The product of two sparse matrices.

    Raises
    ------
    InputError
        If it may need more memory than there is; it begins with the name of the node.
    """
    terms = int(np.diff(factor.tocsc().indptr).astype(np.int64) @ np.diff(part.indptr).astype(np.int64))
    check_memory([MemoryPart(f"its {terms:,} products", 2 * NUMBER * terms)], f"node {name}")
    return factor @ part


MOST_DELAYS = 1000
"""Different delays within a node."""


def _delayed(parts: Mapping[int, Any], steps: Steps) -> dict[int, Any]:
    sparse = linear.sparse_matrices()
    found: dict[int, Any] = {}
    kinds = np.unique(steps)
    if len(kinds) * len(parts) > MOST_DELAYS:
        raise InputError(f"a way has more than {MOST_DELAYS:,} different delays")
    for kind in kinds:
        rows = np.flatnonzero(steps == kind)
        mask = sparse.csr_matrix((np.ones(len(rows)), (rows, rows)), shape=(len(steps), len(steps)))
        for before, part in parts.items():
            there = mask @ part
            at = before + int(kind)
            found[at] = found[at] + there if at in found else there
    return found


def _joined(parts: Mapping[int, Any], between: Sequence[str]) -> Connected | None:
    coos = {steps: part.tocoo() for steps, part in parts.items() if part.nnz}
    if not coos:
        return None
    weights = np.concatenate([c.data for c in coos.values()])
    if not np.isfinite(weights).all():
        raise InputError(f"nodes {', '.join(between)}: their product is not finite")
    if len(coos) == 1:
        [(steps, coo)] = coos.items()
        if coo.nnz > FULL * coo.shape[0] * coo.shape[1]:
            return Connected(AllToAll(), np.ascontiguousarray(coo.toarray().T), steps)
    pre, post = (np.concatenate([getattr(c, side) for c in coos.values()]) for side in ("col", "row"))
    each = np.concatenate([np.full(c.nnz, steps, np.int64) for steps, c in coos.items()])
    order = np.lexsort((each, post, pre))
    steps_of = int(each[0]) if len(coos) == 1 else each[order]
    return Connected(Pairs(pre[order], post[order]), weights[order], steps_of)


def delay_steps(flat: Flat, name: str, choices: Choices) -> Steps:
    """Whole steps of a Delay node, of shape (size,).

    Raises
    ------
    InputError
        For a delay below 0, or of more steps than can be kept.
    """
    delay = linear.each(flat.nodes[name], "delay", flat.size(name), name)
    exact = delay * (1000 / choices.dt)
    near = np.rint(exact)
    steps = np.where(np.abs(exact - near) <= EVEN, near, ROUNDED[choices.delays](exact))
    if (steps < 0).any() or (steps > LONGEST).any():
        wrong = delay[(steps < 0) | (steps > LONGEST)][0]
        longest = LONGEST * choices.dt / 1000
        raise InputError(f"node {name}: delay {wrong:g} s; expected 0 to {longest:g} s, {LONGEST:,} steps")
    return steps.astype(np.int64)


def is_rounded(flat: Flat, name: str, choices: Choices) -> bool:
    """Whether a Delay node has delays that are no whole steps."""
    exact = flat.nodes[name].array("delay") * (1000 / choices.dt)
    return bool((np.abs(exact - np.rint(exact)) > EVEN).any())
