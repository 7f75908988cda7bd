"""Effective synaptic operations: what is not zero among the values that arrive, times the synapses that it goes to.

A step of an edge has as many as the neurons whose output is not zero have synapses in its direction: what an
event-driven machine does. What is delivered without change over a trial counts in each of its steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from neurosim.program.program import Edge, Program

OPERATIONS = "operations"
"""Among the arrays of a `Recorder` the one in which statements count; shape (1,), int64. No probe has its name."""


@dataclass(frozen=True, eq=False)
class Sender:
    """A variable that a population delivers through some edges, constant over a trial or not."""

    program: Program
    edges: tuple[Edge, ...]

    @property
    def source(self) -> str:
        """The group that delivers the variable."""
        return self.edges[0].source

    @property
    def variable(self) -> str:
        """The variable, or ``"spike"``."""
        return self.edges[0].variable

    @property
    def constant(self) -> bool:
        """Whether what is delivered does not change within a trial."""
        return self.edges[0].constant

    @property
    def dense(self) -> int:
        """Number of synapses that each neuron has in the edges that connect all pairs."""
        all_pairs = [e for e in self.edges if self.program.matrix(e.matrix).wiring is None]
        return sum(self.program.group(e.target).size for e in all_pairs)

    @property
    def sparse(self) -> list[Edge]:
        """The edges in which neurons have different numbers of synapses."""
        return [e for e in self.edges if self.program.matrix(e.matrix).wiring is not None]

    @property
    def late(self) -> bool:
        """Whether its synapses, those of one edge, have delays."""
        return self.program.matrix(self.edges[0].matrix).longest_delay > 0

    def fan_out(self) -> NDArray[np.int64]:
        """Return the number of synapses of each neuron in all of the edges, int64 of shape (neurons,)."""
        size = self.program.group(self.source).size
        counts = np.full(size, self.dense, dtype=np.int64)
        for e in self.sparse:
            wiring = self.program.matrix(e.matrix).wiring
            assert wiring is not None
            counts += np.bincount(wiring.post if e.transposed else wiring.pre, minlength=size)
        return counts


def senders(program: Program) -> Iterator[Sender]:
    """Yield the senders of a program: one for each variable, and one more where some of its edges are constant.

    An edge whose synapses have delays delivers for itself.
    """

    def key(e: Edge) -> tuple[str, str, bool, str, bool]:
        late = program.matrix(e.matrix).longest_delay > 0
        return e.source, e.variable, e.constant, e.matrix if late else "", late and e.transposed

    for _, edges in groupby(sorted(program.edges, key=key), key):
        yield Sender(program, tuple(edges))
