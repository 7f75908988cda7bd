"""A program as one chip runs it: the imperfections of its silicon are equations, arrays and stimuli of a program.

They come before the number format, as what they describe does. So every backend runs a chip as it runs any program, and
all of them find the same bits.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from neurosim.device.imperfections import names, neurons, synapses
from neurosim.device.imperfections.fabrication import Fabricated
from neurosim.errors import UnsupportedFeature
from neurosim.program.lowering.lower import with_roundings
from neurosim.program.precision import FixedPoint, Precision
from neurosim.program.program import Edge, Group, Program


@dataclass(frozen=True)
class ProgramOnSilicon:
    """A program as a chip runs it.

    Attributes
    ----------
    tied
        Projections whose synapses back are arrays of their own.
    """

    program: Program
    tied: tuple[str, ...]


def on_silicon(
    program: Program, chip: Fabricated, learns: bool, parts: Collection[str] | None = None
) -> ProgramOnSilicon:
    """Return a program as a chip runs it, with the probes and the number format that it has.

    Parameters
    ----------
    learns
        Whether rules fire on the chip; else it has none.
    parts
        Populations and projections that are the chip's; the others are ideal. None for all.

    Raises
    ------
    UnsupportedFeature
        For a program that was read from JSON, and for what no chip of this kind can be.
    """
    if program.exact is None:
        raise UnsupportedFeature("a program without its equations before rounding", "a device", ["lower"])
    exact, precision = program.exact
    exact = exact.selecting(program.selections())
    if not learns:
        exact = replace(exact, rules=())
    changed, tied = exact, tuple[str, ...]()
    if chip.silicon.changes_weights:
        changed = synapses.apart(exact)
        tied = tuple(m.name for m in exact.matrices if synapses.back(m.name) in {x.name for x in changed.matrices})
        changed = _with_matrices(changed, chip, parts)
    if chip.silicon.changes_neurons or chip.silicon.changes_spikes or chip.trimming:
        changed = _with_groups(changed, chip, parts)
    return ProgramOnSilicon(with_roundings(changed, _with_formats_back(precision, tied)), tied)


def _with_formats_back(precision: Precision, tied: Collection[str]) -> Precision:
    """Return a number format in which synapses back have the formats of those forward."""
    if not isinstance(precision, FixedPoint):
        return precision
    back = ((synapses.back(name), form) for name, form in precision.weights if name in tied)
    return replace(precision, weights=(*precision.weights, *back))


def _with_matrices(program: Program, chip: Fabricated, parts: Collection[str] | None) -> Program:
    for m in program.matrices:
        if m.kernel:
            what = f"shared weights of projection {m.name} on silicon that changes each synapse"
            raise UnsupportedFeature(what, "a device", ["reference"])
    found = [
        synapses.on_silicon(m, program.shape(m), chip)
        if parts is None or m.name.removesuffix(names.BACK) in parts
        else synapses.SynapsesOnSilicon(m, {})
        for m in program.matrices
    ]
    fixed = {name: array for one in found for name, array in one.fixed.items()}
    return replace(program, matrices=tuple(one.matrix for one in found), fixed={**program.fixed, **fixed})


def _with_groups(program: Program, chip: Fabricated, parts: Collection[str] | None) -> Program:
    found = [
        neurons.on_silicon(g, chip) if parts is None or g.name in parts else neurons.NeuronsOnSilicon(g, {}, ())
        for g in program.groups
    ]
    groups = {one.group.name: one.group for one in found}
    fixed = {name: array for one in found for name, array in one.fixed.items()}
    return replace(
        program,
        groups=tuple(groups.values()),
        edges=tuple(_edge(e, groups[e.source]) for e in program.edges),
        stimuli=(*program.stimuli, *(s for one in found for s in one.stimuli)),
        fixed={**program.fixed, **fixed},
    )


def _edge(edge: Edge, source: Group) -> Edge:
    """What is delivered of a population whose spikes may be lost."""
    if edge.variable == "spike" and source.output == names.SENT:
        return replace(edge, variable=names.SENT, events=False)
    return edge
