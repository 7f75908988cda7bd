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
    """What the fibres into some neurons of a layer take in the core that holds these neurons.

    Attributes
    ----------
    in_axons, synapses, synapse_bits
        Numbers of axons that end in the core, of synapses, and of bits of memory for these.
    """

    in_axons: int
    synapses: int
    synapse_bits: int

    def __add__(self, other: Need) -> Need:
        return Need(
            self.in_axons + other.in_axons, self.synapses + other.synapses, self.synapse_bits + other.synapse_bits
        )


NOTHING = Need(0, 0, 0)


class Fibre(Protocol):
    """Synapses of one direction of a projection, from a layer to another.

    Attributes
    ----------
    source
        The population from which it comes.
    bits
        Of a synapse: weight and delay.
    delay
        In steps, at least 1.
    """

    @property
    def name(self) -> str:
        """The projection, and whether the fibre is its transpose."""
        ...

    @property
    def source(self) -> str:
        """The population from which the fibre comes."""
        ...

    @property
    def bits(self) -> int:
        """Bits of a synapse: weight and delay."""
        ...

    @property
    def delay(self) -> int:
        """Steps from a spike to its arrival, at least 1."""
        ...

    def into(self, start: int, stop: int) -> Need:
        """Return what neurons start to stop - 1 of its target need of the core that holds them."""
        ...

    def reached(self, cores: Sequence[range]) -> Indices:
        """Return how many of the target's cores each neuron of the source projects to, int64 of shape (sources,).

        The last neurons may be missing, where they project to none.
        """
        ...

    def inputs(self, targets: int) -> Indices:
        """Return how many synapses end at each neuron of its target, int64 of shape (targets,)."""
        ...


@dataclass(frozen=True)
class Dense:
    """A fibre from every neuron of the source to every neuron of the target; `pre` is the number of sources."""

    name: str
    source: str
    pre: int
    bits: int
    delay: int

    def into(self, start: int, stop: int) -> Need:
        """Return what neurons start to stop - 1 of its target need: every source has a synapse with each of them."""
        targets = stop - start
        return Need(self.pre, self.pre * targets, self.pre * memory.axon_bits(targets, self.bits))

    def reached(self, cores: Sequence[range]) -> Indices:
        """Return the number of cores for each neuron of the source, int64 of shape (sources,)."""
        return np.full(self.pre, len(cores), dtype=np.int64)

    def inputs(self, targets: int) -> Indices:
        """Return the number of sources for each neuron of the target, int64 of shape (targets,)."""
        return np.full(targets, self.pre, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Sparse:
    """A fibre from given neurons to given neurons; synapses carry an index of their target.

    Attributes
    ----------
    pre, post
        The source and the target of each synapse, int32 of shape (synapses,), sorted by target, then by source.
    """

    name: str
    source: str
    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    bits: int
    delay: int

    def into(self, start: int, stop: int) -> Need:
        """Return what neurons start to stop - 1 of its target need: an axon for each source of theirs."""
        sources = self.pre[slice(*np.searchsorted(self.post, (start, stop)))]
        bits = self.bits + memory.index_width(stop - start)
        axons = np.bincount(np.bincount(sources))  # how many sources have so many synapses
        axons[:1] = 0
        needed = sum(int(count) * memory.axon_bits(n, bits) for n, count in enumerate(axons) if count)
        return Need(int(axons.sum()), len(sources), needed)

    def reached(self, cores: Sequence[range]) -> Indices:
        """Return how many cores each neuron of the source projects to, int64 of shape (last source + 1,)."""
        at = np.searchsorted(self.post, [c.start for c in cores])
        found = np.zeros(self.pre.max() + 1, dtype=np.int64)
        for sources in np.split(self.pre, at[1:]):
            found += np.bincount(sources, minlength=len(found)) > 0
        return found

    def inputs(self, targets: int) -> Indices:
        """Return how many synapses end at each neuron of the target, int64 of shape (targets,)."""
        return np.asarray(np.bincount(self.post, minlength=targets), dtype=np.int64)


@dataclass(frozen=True)
class Layer:
    """A population with its compartments and the fibres that end at it. Each neuron takes one compartment.

    An input has no compartments and is no layer: its spikes are put into the chip.
    """

    name: str
    compartments: int
    fibres: tuple[Fibre, ...]

    def most_alone(self) -> Need:
        """Return the most axons, synapses and bits that a single neuron needs of the core that holds it."""
        axons = bits = np.zeros(self.compartments, dtype=np.int64)
        for f in self.fibres:
            inputs = f.inputs(self.compartments)
            axons, bits = axons + inputs, bits + inputs * memory.axon_bits(1, f.bits)
        return Need(int(axons.max()), int(axons.max()), int(bits.max()))

    def into(self, start: int, stop: int) -> Need:
        """Return what all fibres into neurons start to stop - 1 need of the core that holds them."""
        return sum((f.into(start, stop) for f in self.fibres), NOTHING)


def layers_of(network: Network, weight_bits: Mapping[str, int] | None = None) -> tuple[Layer, ...]:
    """Return the layers of a network.

    Parameters
    ----------
    weight_bits
        By the name of a projection, where its weights take less than `WEIGHT_BITS`.
    """
    fibres: dict[str, list[Fibre]] = {p.name: [] for p in network.populations}
    for j in network.projections:
        bits = memory.weight_width((weight_bits or {}).get(j.name, WEIGHT_BITS)) + memory.delay_width(j.longest_delay)
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
    wiring = network.wiring(j.name)
    if wiring is None:
        return Dense(name, source, network.population(source).size, bits, j.longest_delay)
    pre, post = (wiring.post, wiring.pre) if transposed else wiring
    places = np.sort(post.astype(np.int64) << 32 | pre)  # much faster than to find an order and take both in it
    pre, post = (places & 0xFFFF_FFFF).astype(np.int32), (places >> 32).astype(np.int32)
    return Sparse(name, source, pre, post, bits, j.longest_delay)
