"""A greedy mapping of layers to cores: each layer is cut into as few equal parts as its limits allow, a core for each.

The model:

- A core holds neurons of one layer, neighbours in its order, and all synapses that end at them.
- An axon ends in a core for each neuron and projection that reaches it, so a layer that is cut in two takes the axons
  of its sources twice: cutting helps with compartments, synapses and axons that begin, never with a neuron's fan-in.
- An axon begins in a core for each of its neurons, projection, and core that it reaches.

So the cores of a layer depend on its own limits and on how its targets are cut. They are raised until all fit; where no
cut can help, the limit is exceeded, and the layer is cut as if that limit were not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neurosim.chip.layers import Indices, Layer
from neurosim.chip.limits import Chip

HELP = {
    "in_axons": "fewer inputs a neuron: a sparser projection, a smaller source, or a layer between. Splitting the "
    "layer over more cores does not: all inputs of a neuron end in its own core",
    "out_axons": "fewer cores behind it: fewer weight bits, or a sparser projection",
    "synapse_bits": "fewer weight bits, or a sparser projection",
    "delay": "a shorter delay, or a layer between that passes spikes on",
}
"""What helps where a limit is exceeded that more cores do not help with."""


@dataclass(frozen=True)
class Exceeded:
    """A limit that a single neuron of a layer exceeds."""

    layer: str
    limit: str
    actual: int
    maximum: int

    @property
    def help(self) -> str:
        """What would help, in words."""
        return HELP[self.limit]


@dataclass(frozen=True)
class MappedLayer:
    """A layer on its cores.

    Attributes
    ----------
    in_axons, out_axons, synapses, synapse_bits
        Summed over its cores; a neuron that projects to two of them ends in both.
    cores
        Number of cores.
    fullest
        The largest share of each limit that one of its cores takes.
    exceeded
        The limits that a single neuron exceeds.
    """

    name: str
    compartments: int
    in_axons: int
    out_axons: int
    synapses: int
    synapse_bits: int
    cores: int
    fullest: Mapping[str, float]
    exceeded: tuple[Exceeded, ...]


@dataclass(frozen=True)
class Placement:
    """All layers on their cores."""

    chip: Chip
    parts: tuple[MappedLayer, ...]

    @property
    def fits(self) -> bool:
        """Whether no layer exceeds a limit."""
        return not any(p.exceeded for p in self.parts)

    @property
    def cores(self) -> int:
        """Number of cores of all layers."""
        return sum(p.cores for p in self.parts)

    @property
    def chips(self) -> int:
        """Number of chips that have so many cores."""
        return -(-self.cores // self.chip.cores)


def place(layers: Sequence[Layer], chip: Chip) -> Placement:
    """Place layers on cores: each is cut into as few parts as its limits allow."""
    cuts: dict[str, int] = {}
    needed = {layer.name: 1 for layer in layers}
    while cuts != needed:  # a layer that is cut has more axons begin in its sources, which may have to be cut in turn
        cuts = needed
        needed = {layer.name: _fewest(layer, layers, cuts, chip) for layer in layers}
    return Placement(chip, tuple(_part(layer, layers, cuts, chip) for layer in layers))


def cut(compartments: int, parts: int) -> list[range]:
    """Return ranges of neighbouring neurons, so many parts, whose sizes differ by at most one."""
    ends = [compartments * k // parts for k in range(parts + 1)]
    return [range(ends[k], ends[k + 1]) for k in range(parts)]


def _fewest(layer: Layer, layers: Sequence[Layer], cuts: Mapping[str, int], chip: Chip) -> int:
    """Return the fewest parts, at least as many as now, that fit all limits but those that no cut can help with."""
    begins = _begins(layer, layers, cuts)
    hopeless = {e.limit for e in _exceeded(layer, begins, chip)}
    parts = max(cuts[layer.name], -(-layer.compartments // chip.compartments))
    while parts < layer.compartments:
        shares = _fullest(layer, begins, parts, chip)
        if all(share <= 1 for limit, share in shares.items() if limit not in hopeless):
            break
        parts += 1
    return parts


def _begins(layer: Layer, layers: Sequence[Layer], cuts: Mapping[str, int]) -> Indices:
    """Axons that begin at each neuron of a layer."""
    axons = np.zeros(layer.compartments, dtype=np.int64)
    for target in layers:
        cores = cut(target.compartments, cuts[target.name])
        for fibre in target.fibres:
            if fibre.source == layer.name:
                reached = fibre.reached(cores)
                axons[: len(reached)] += reached
    return axons


def _exceeded(layer: Layer, begins: Indices, chip: Chip) -> tuple[Exceeded, ...]:
    """The limits that a single neuron exceeds, so that no cut can help."""
    alone = layer.most_alone()
    needs = {
        "in_axons": (alone.in_axons, chip.in_axons),
        "synapse_bits": (alone.synapse_bits, chip.synapse_bits),
        "out_axons": (int(begins.max()), chip.out_axons),
        "delay": (max((f.delay - 1 for f in layer.fibres), default=0), chip.longest_delay),
    }
    return tuple(Exceeded(layer.name, n, actual, most) for n, (actual, most) in needs.items() if actual > most)


def _on_cores(layer: Layer, begins: Indices, cores: Sequence[range]) -> list[dict[str, int]]:
    """What each core takes of each limit."""
    taken = []
    for neurons in cores:
        need = layer.into(neurons.start, neurons.stop)
        out_axons = int(begins[neurons.start : neurons.stop].sum())
        taken.append(
            {
                "compartments": len(neurons),
                "in_axons": need.in_axons,
                "out_axons": out_axons,
                "synapse_bits": need.synapse_bits,
                "synapses": need.synapses,
            }
        )
    return taken


def _fullest(layer: Layer, begins: Indices, parts: int, chip: Chip) -> dict[str, float]:
    cores = _on_cores(layer, begins, cut(layer.compartments, parts))
    limits = ("compartments", "in_axons", "out_axons", "synapse_bits")
    return {n: max(core[n] for core in cores) / getattr(chip, n) for n in limits}


def _part(layer: Layer, layers: Sequence[Layer], cuts: Mapping[str, int], chip: Chip) -> MappedLayer:
    begins, parts = _begins(layer, layers, cuts), cuts[layer.name]
    cores = _on_cores(layer, begins, cut(layer.compartments, parts))
    total = {n: sum(core[n] for core in cores) for n in cores[0]}
    return MappedLayer(
        name=layer.name,
        **total,
        cores=parts,
        fullest=_fullest(layer, begins, parts, chip),
        exceeded=_exceeded(layer, begins, chip),
    )
