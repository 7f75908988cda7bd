"""A network as a chip sees it: layers of compartments, and the fibres that end in each.

Modes share synapses and neurons, so both are counted once, whichever modes use them. A reciprocal projection is two
fibres, W and its transpose: on a chip a synapse lies in the core of the neuron that it ends at, so each direction has a
copy of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from neurosim.chip import memory
from neurosim.chip.limits import WEIGHT_BITS
from neurosim.model.network import Network, Projection

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Need:
    """What the fibres into some neurons of a layer take in the core that holds these."""

    in_axons: int
    synapses: int
    synapse_bits: int

    def __add__(self, other: Need) -> Need:
        return Need(
            self.in_axons + other.in_axons, self.synapses + other.synapses, self.synapse_bits + other.synapse_bits
        )


NOTHING = Need(0, 0, 0)


class Fibre(Protocol):
    """Synapses of one direction of a projection, from a layer to another."""

    @property
    def name(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def bits(self) -> int: ...
    @property
    def delay(self) -> int: ...
    def into(self, start: int, stop: int) -> Need:
        """What neurons start to stop - 1 of its target need of the core that holds them."""
        ...

    def reached(self, cores: Sequence[range]) -> Indices:
        """How many of the target's cores each neuron of the source projects to; the last ones may be left out."""
        ...

    def inputs(self, targets: int) -> Indices:
        """How many synapses end at each neuron of its target, which has so many."""
        ...


@dataclass(frozen=True)
class Dense:
    """From every neuron of the source to every one of the target."""

    name: str
    source: str
    pre: int
    bits: int
    delay: int

    def into(self, start: int, stop: int) -> Need:
        targets = stop - start
        return Need(self.pre, self.pre * targets, self.pre * memory.axon_bits(targets, self.bits))

    def reached(self, cores: Sequence[range]) -> Indices:
        return np.full(self.pre, len(cores), dtype=np.int64)

    def inputs(self, targets: int) -> Indices:
        return np.full(targets, self.pre, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Sparse:
    """From given neurons to given neurons; synapses carry an index of their target. Sorted by target."""

    name: str
    source: str
    pre: Indices
    post: Indices
    bits: int
    delay: int

    def into(self, start: int, stop: int) -> Need:
        sources = self.pre[slice(*np.searchsorted(self.post, (start, stop)))]
        bits = self.bits + memory.index_width(stop - start)
        _, synapses = np.unique(sources, return_counts=True)
        return Need(len(synapses), len(sources), sum(memory.axon_bits(int(n), bits) for n in synapses))

    def reached(self, cores: Sequence[range]) -> Indices:
        at = np.searchsorted([c.start for c in cores], self.post, side="right")
        neurons, _ = np.unique(np.stack([self.pre, at]), axis=1)
        return np.asarray(np.bincount(neurons), dtype=np.int64)

    def inputs(self, targets: int) -> Indices:
        return np.asarray(np.bincount(self.post, minlength=targets), dtype=np.int64)


@dataclass(frozen=True)
class Layer:
    """A population: its compartments, and what ends there. An input has none: its spikes are put into the chip.

    One neuron takes one compartment, whatever its model.
    """

    name: str
    compartments: int
    fibres: tuple[Fibre, ...]

    def most_alone(self) -> Need:
        """The most axons, synapses and bits that a single neuron needs of the core that holds it."""
        axons = bits = np.zeros(self.compartments, dtype=np.int64)
        for f in self.fibres:
            inputs = f.inputs(self.compartments)
            axons, bits = axons + inputs, bits + inputs * memory.axon_bits(1, f.bits)
        return Need(int(axons.max()), int(axons.max()), int(bits.max()))

    def into(self, start: int, stop: int) -> Need:
        return sum((f.into(start, stop) for f in self.fibres), NOTHING)


def layers_of(network: Network, weight_bits: Mapping[str, int] | None = None) -> tuple[Layer, ...]:
    """The layers of a network.

    Parameters
    ----------
    weight_bits
        Of the projections whose weights take less than `WEIGHT_BITS`.
    """
    fibres: dict[str, list[Fibre]] = {p.name: [] for p in network.populations}
    for j in network.projections:
        bits = memory.weight_width((weight_bits or {}).get(j.name, WEIGHT_BITS)) + memory.delay_width(j.delay)
        fibres[j.post].append(_fibre(network, j, bits, transposed=False))
        if any(j.is_reciprocal_in(m) for m in network.modes):
            fibres[j.pre].append(_fibre(network, j, bits, transposed=True))
    return tuple(
        Layer(p.name, p.size, tuple(fibres[p.name]))
        for p in network.populations
        if not all(p.model_in(m).is_input for m in network.modes)
    )


def _fibre(network: Network, j: Projection, bits: int, transposed: bool) -> Fibre:
    source = j.post if transposed else j.pre
    name = f"{j.name} transposed" if transposed else j.name
    indices = network.indices(j)
    if indices is None:
        return Dense(name, source, network.population(source).size, bits, j.delay)
    pre, post = (np.array(i, dtype=np.int64) for i in (reversed(indices) if transposed else indices))
    order = np.argsort(post, kind="stable")
    return Sparse(name, source, pre[order], post[order], bits, j.delay)
