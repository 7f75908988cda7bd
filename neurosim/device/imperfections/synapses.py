"""What silicon does to a projection: alive*(factor*quantised(w) + error + written), or what a stuck synapse delivers.

A chip has the synapses of a reciprocal projection twice, so their two directions deliver different weights. Both are
learned from the same activities: the rules of those back are the rules of those forward with the ends exchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from neurosim.device.imperfections import names
from neurosim.device.imperfections.fabrication import Fabricated, fractional_bits
from neurosim.errors import UnsupportedFeature
from neurosim.model.equations.expressions import names_in, parse, rename, text_of
from neurosim.model.fixed import FixedArray
from neurosim.program.constants import ConstantKey
from neurosim.program.program import Edge, Matrix, Program, Rule


@dataclass(frozen=True)
class SynapsesOnSilicon:
    """A matrix on a chip, with its patterns by ``matrix.name``."""

    matrix: Matrix
    fixed: Mapping[str, FixedArray]


def on_silicon(matrix: Matrix, shape: tuple[int, ...], chip: Fabricated) -> SynapsesOnSilicon:
    """Return synapses as a chip has them."""
    silicon = chip.silicon
    text, fixed = matrix.weight, dict[str, FixedArray]()
    if silicon.weight_bits is not None:
        bits = fractional_bits(silicon.weight_bits, silicon.weight_range)
        text = f"clip(on_grid({text}, {bits}), {-silicon.weight_range!r}, {silicon.weight_range - 2.0**-bits!r})"
    if silicon.weight_gain:
        fixed[names.FACTOR] = chip.synapse_gain(matrix.name, shape)
        text = f"{names.FACTOR}*({text})"
    if silicon.weight_offset:
        fixed[names.ERROR] = chip.synapse_offset(matrix.name, shape)
        text = f"{text} + {names.ERROR}"
    if silicon.write_noise:
        text = f"{text} + {names.WRITTEN}"
    if silicon.dead_synapses:
        fixed[names.ALIVE] = chip.alive_synapses(matrix.name, shape)
        text = f"{names.ALIVE}*({text})"
    if silicon.stuck_synapses:
        fixed[names.IS_STUCK], fixed[names.STUCK_AT] = chip.stuck(matrix.name, shape)
        text = f"where({names.IS_STUCK} > 0, {names.STUCK_AT}, {text})"
    changed = replace(
        matrix,
        weight=text_of(parse(text)),
        fixed=(*matrix.fixed, *fixed),
        state=(*matrix.state, *(((names.WRITTEN, 0.0),) if silicon.write_noise else ())),
    )
    return SynapsesOnSilicon(changed, {f"{matrix.name}.{n}": array for n, array in fixed.items()})


def apart(program: Program) -> Program:
    """Return the program in which each direction of a reciprocal projection has synapses of its own.

    Raises
    ------
    UnsupportedFeature
        For one that does not connect all pairs, and for a rule that reads what arrived.
    """
    tied = [e.matrix for e in program.edges if e.transposed and _has_both(e.matrix, program.edges)]
    for name in tied:
        if program.matrix(name).wiring is not None:
            what = f"reciprocal projection {name} that is not of all pairs"
            raise UnsupportedFeature(what, "a device", ["reference"])
    return replace(
        program,
        matrices=(*program.matrices, *(_backwards(program.matrix(name)) for name in tied)),
        edges=tuple(_edge(e) if e.transposed and e.matrix in tied else e for e in program.edges),
        rules=(*program.rules, *(_mirrored(r) for r in program.rules if r.of_matrix and r.owner in tied)),
        constants={**program.constants, **dict(_constants(program.constants, tied))},
        requires=(*program.requires, *_requires(program, tied)),
        fixed={**program.fixed, **dict(_transposed(program.fixed, tied))},
    )


def back(name: str) -> str:
    """The name of the synapses of a projection in the other direction."""
    return f"{name}{names.BACK}"


def mirrored(constants: Mapping[str, float], tied: Iterable[str]) -> dict[str, float]:
    """Constants of a run, those of tied projections for both directions."""
    return {**constants, **dict(_constants(constants, tied))}


def _has_both(matrix: str, edges: Iterable[Edge]) -> bool:
    return {e.transposed for e in edges if e.matrix == matrix} == {True, False}


def _backwards(matrix: Matrix) -> Matrix:
    return replace(matrix, name=back(matrix.name), pre=matrix.post, post=matrix.pre)


def _edge(edge: Edge) -> Edge:
    return replace(edge, matrix=back(edge.matrix), transposed=False)


def _mirrored(rule: Rule) -> Rule:
    if any("arrived" in names_in(parse(text)) for _, text in rule.update) or rule.when == "spike":
        what = f"rule {rule.full_name}, which fires or reads at one end of a reciprocal projection,"
        raise UnsupportedFeature(what, "a device", ["reference"])

    def exchanged(text: str) -> str:
        tree = parse(text)
        return text_of(rename(tree, {n: _other(n) for n in names_in(tree) if "." in n}))

    outer = tuple(
        None if pairs is None else tuple((exchanged(g), exchanged(f)) for f, g in pairs) for pairs in rule.outer
    )
    return replace(rule, owner=back(rule.owner), update=tuple((v, exchanged(t)) for v, t in rule.update), outer=outer)


def _other(name: str) -> str:
    side, _, variable = name.partition(".")
    return f"{'post' if side == 'pre' else 'pre'}.{variable}"


def _constants(constants: Mapping[str, float], tied: Iterable[str]) -> Iterable[tuple[str, float]]:
    owners = set(tied)
    for text, value in constants.items():
        key = ConstantKey.from_text(text)
        if key.owner in owners:
            yield str(replace(key, owner=back(key.owner))), value


def _requires(program: Program, tied: list[str]) -> Iterable[tuple[str, tuple[str, ...]]]:
    for part, conditions in program.requires:
        owner, dot, rule = part.partition(".")
        if owner in tied:
            yield f"{back(owner)}{dot}{rule}", conditions


def _transposed(fixed: Mapping[str, FixedArray], tied: list[str]) -> Iterable[tuple[str, FixedArray]]:
    for name, array in fixed.items():
        owner, _, variable = name.partition(".")
        if owner in tied:
            yield f"{back(owner)}.{variable}", FixedArray.of(array.values.T, name)
