"""All-to-all projections at the speed of plain C: Brian2's Synapses, with templates of our own.

Brian2's templates find the neurons of each synapse in two arrays. Here every pair has a synapse, so a synapse's neurons
are the counters of two loops: the templates in ``templates/dense/`` have the names of those of Brian2 that they stand
in for, and there are no arrays of indices. What the templates must know besides about a projection is said here.

Rows are left out where that changes nothing. A neuron that puts out zero delivers nothing - unless a weight is infinite
or NaN, which must not stay unseen. So this is done where such a weight stays what it is until the run's end, when all
weights are looked at: where rules add products, and nothing else, to a weight that is itself delivered.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from brian2.codegen.generators.cpp_generator import CPPCodeGenerator
from brian2.devices.cpp_standalone.codeobject import CPPStandaloneCodeObject

from neurosim.program.program import Matrix, Program, Rule
from neurosim_brian2 import layout
from neurosim_brian2.equations import factors_of
from neurosim_brian2.objects import Objects


class DenseGenerator(CPPCodeGenerator):  # type: ignore[misc]
    """Reads no arrays of indices: the templates' loops have them as counters. Writes where a loop says `_due`.

    What is read of pre is given to the templates as ``row_code``, to stand before the loop along a row: the compiler
    cannot know that nothing written there changes it.
    """

    def translate_to_read_arrays(self, read: Iterable[str], write: Iterable[str], indices: Iterable[str]) -> Any:
        """Lines that read arrays; those of pre's and post's indices are left out."""
        counted = {"_presynaptic_idx", "_postsynaptic_idx"}
        return super().translate_to_read_arrays(read, write, set(indices) - counted)

    def translate_statement_sequence(self, scalar: Any, vector: Any) -> tuple[Any, Any, dict[str, Any]]:
        """Code of the statements, with what reads pre apart from the rest."""
        scalar_code, vector_code, keywords = super().translate_statement_sequence(scalar, vector)
        row_code = {b: [line for line in lines if _reads_pre(line)] for b, lines in vector_code.items()}
        rest = {b: [line for line in lines if not _reads_pre(line)] for b, lines in vector_code.items()}
        return scalar_code, rest, keywords | {"row_code": row_code}

    def translate_to_write_arrays(self, write: Iterable[str]) -> list[str]:
        """Lines that write arrays, each only where its neuron is due."""
        return [f"if (_due) {line}" for line in super().translate_to_write_arrays(write)]


def _reads_pre(line: str) -> bool:
    return line.startswith("const ") and line.endswith("[_presynaptic_idx];")


class DenseCodeObject(CPPStandaloneCodeObject):  # type: ignore[misc]
    """Templates of this package stand in for Brian2's."""

    templater = CPPStandaloneCodeObject.templater.derive("neurosim_brian2", templates_dir="templates/dense")
    generator_class = DenseGenerator


def go_by_rows(objects: Objects) -> None:
    """Tell the templates what they must know about each all-to-all projection."""
    program = objects.program
    dense = {m.name: m for m in program.matrices if m.wiring is None}
    for m in dense.values():
        _sum_by_rows(objects, m)
    for name, runner in objects.weights.items():
        if name in dense:
            runner.abstract_code = {"of_synapse": runner.abstract_code}
            runner.template_kwds = {"terms": 0}
    for index, edge in enumerate(program.edges):
        if edge.matrix in dense and edge.events:
            getattr(objects.matrices[edge.matrix], f"edge{index}").template_kwds["delivers"] = True
    for index, rule in enumerate(program.rules):
        if rule.owner in dense and rule.when == "spike":
            getattr(objects.matrices[rule.owner], f"rule{index}").template_kwds["delivers"] = False
        elif rule.owner in dense:
            _learn_by_rows(objects.rules[index], rule)


def _sum_by_rows(objects: Objects, m: Matrix) -> None:
    """One object adds up both directions, where they are due at the same moments."""
    synapses = objects.matrices[m.name]
    sums = list(synapses.summed_updaters.values())
    alike = len({objects.gates.get(s.name) for s in sums}) == 1
    for together in [sums] if alike else [[s] for s in sums]:
        first, *others = together
        sides = {s.target_varname.rpartition("_")[2]: s for s in together}
        first.abstract_code = "\n".join(f"_to_{side} = {s.expression}" for side, s in sides.items())
        first.needed_variables = [s.target_varname for s in together]
        targets = {side: s.target_var for side, s in sides.items()}
        first.template_kwds = {"targets": targets, "loud": _loud(objects, m) if "pre" not in targets else None}
        for other in others:
            synapses.contained_objects.remove(other)


def _loud(objects: Objects, m: Matrix) -> Any:
    """What pre delivers, if its zeros may be left out."""
    forward = next(e for e in objects.program.edges if e.matrix == m.name and not e.transposed and not e.events)
    source = objects.groups[m.pre].variables[layout.delivered(forward.variable)]
    return source if _stays_wrong(objects.program, m) else None


def _stays_wrong(program: Program, m: Matrix) -> bool:
    """A weight that is infinite or NaN is so, too, at the run's end."""
    outer = [pairs for r in program.rules if r.owner == m.name for pairs in r.outer]
    return m.is_plain and all(pairs is not None for pairs in outer)


def _learn_by_rows(runner: Any, rule: Rule) -> None:
    factors = factors_of(rule)
    runner.abstract_code = {"of_synapse": runner.abstract_code}
    if factors:
        for side, texts in zip(("pre", "post"), zip(*factors, strict=True), strict=True):
            runner.abstract_code[f"of_{side}"] = "\n".join(f"_of_{side}{k} = {t}" for k, t in enumerate(texts))
    runner.template_kwds = {"terms": len(factors)}
