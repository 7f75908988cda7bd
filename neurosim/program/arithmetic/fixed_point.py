"""Fixed point as equations: graded spikes, mantissas and exponents, sums that are cut, registers of 24 bits."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial, reduce

import numpy as np

from neurosim.errors import ModelError, nearest
from neurosim.model.equations.expressions import call, function_of, name, number, parse, text_of, value_of
from neurosim.program.arithmetic.registers import Registers
from neurosim.program.arithmetic.rounding import into_format, rewritten, to_grid, with_factors_on_grid, writing
from neurosim.program.precision import FixedPoint
from neurosim.program.precision.formats import Format, GridFormat
from neurosim.program.program import HIDDEN_BITS, Edge, Group, Matrix, Program, ProgramPhase, Rule


def in_fixed_point(program: Program, precision: FixedPoint) -> Program:
    """Return the program in the numbers of a chip.

    Raises
    ------
    ModelError
        For a population whose spikes would carry values, where the format has none that do; for an exponent of a
        projection or learned parameter that is not there.
    """
    _check_names("projection", dict(precision.weights), [m.name for m in program.matrices])
    _check_names(
        "learned parameter", dict(precision.biases), [f"{g.name}.{v}" for g in program.groups for v, _ in g.learned]
    )
    return _Lowering(program, precision).program()


def refuse_parameters_of_each(program: Program) -> None:
    """Refuse a network whose neurons or synapses have constants of their own, which a chip has once for a core.

    What silicon makes of a network is another matter: it has such arrays, and they are no parameters.

    Raises
    ------
    ModelError
        Naming the first.
    """
    if program.fixed:
        owner, _, name = next(iter(program.fixed)).partition(".")
        raise ModelError(
            f"fixed point: '{name}' of {owner} has a value for each neuron or synapse, and a chip has one for a core; "
            "give one number for all, or use Grid(), Float32() or Float64()"
        )


def _check_names(what: str, given: Iterable[str], known: Sequence[str]) -> None:
    for n in given:
        if n not in known:
            raise ModelError(f"fixed point: an exponent for the {what} '{n}'; {nearest(n, known)}")


class _Lowering:
    def __init__(self, program: Program, precision: FixedPoint):
        self.before, self.precision = program, precision
        self.matrices = {m.name: _matrix(m, precision) for m in program.matrices}
        self.bits_alone = {g.name for g in program.groups if _delivers_bits(g, program)}
        self._check_graded()
        self.payload = GridFormat(precision.output_bits)
        self.ports = {e: self._port(e) for e in program.edges}
        self.registers = {g.name: self._registers(g) for g in program.groups}

    def program(self) -> Program:
        bits = [m.format.fraction_bits for m in self.matrices.values() if m.format is not None]
        return replace(
            self.before,
            groups=tuple(self._group(g) for g in self.before.groups),
            matrices=tuple(self.matrices.values()),
            edges=tuple(self._edge(e) for e in self.before.edges),
            rules=tuple(self._rule(r) for r in self.before.rules),
            phases=tuple(self._phase(p) for p in self.before.phases),
            grid=(self.precision.output_bits, max(bits, default=1)),
            activation_bits=self.precision.activation_bits,
        )

    def _check_graded(self) -> None:
        for e in self.before.edges:
            if not self.precision.graded and e.source not in self.bits_alone:
                g = self.before.group(e.source)
                what = f"{g.name}: its spikes would carry values of '{dict(g.present).get('output', g.output)}'"
                instead = "SpikeInput" if g.is_input else "a model that spikes, such as LIF"
                raise ModelError(f"population {what}, and those of Loihi 1 carry none; use {instead}, or format loihi2")

    # what arrives

    def _into(self, target: str, port: str) -> list[Edge]:
        return [e for e in self.before.edges if (e.target, e.port) == (target, port)]

    def _port(self, e: Edge) -> str:
        """Return the port of an edge.

        It is the edge's own port, or one for it alone where it shares its port and parts of sums are dropped.
        """
        into = self._into(e.target, e.port)
        if len(into) == 1 or not any(map(self._is_cut, into)):
            return e.port
        return _unused(f"{e.port}_{e.matrix}{'_back' * e.transposed}", self.before.group(e.target))

    def _is_cut(self, e: Edge) -> bool:
        """Return whether an edge's products have finer parts than what arrives."""
        form = self.matrices[e.matrix].format
        assert form is not None
        outputs = 0 if e.source in self.bits_alone else self.precision.output_bits
        return outputs + form.fraction_bits > self.precision.activation_bits

    def _sum(self, target: str, port: str) -> ast.expr:
        """A port's sum: Lava's Dense drops the finer parts of each projection's sum, with a shift to the right."""
        cut = {self.ports[e]: self._is_cut(e) for e in self._into(target, port)}
        bits = number(self.precision.activation_bits)
        terms = [call("floor_to_grid", name(p), bits) if is_cut else name(p) for p, is_cut in cut.items()]
        return reduce(lambda a, b: ast.BinOp(a, ast.Add(), b), terms) if terms else name(port)

    # parts of the program

    def _registers(self, g: Group) -> Registers:
        delivered = {e.variable for e in self.before.edges if e.source == g.name}
        return Registers(g, self.precision, {p: self._sum(g.name, p) for p in g.ports}, delivered)

    def _group(self, g: Group) -> Group:
        r = self.registers[g.name]
        if g.is_input:
            return replace(g, present=tuple((v, rewritten(t, r.payload)) for v, t in g.present))
        forms = {n: self.precision.bias_format(f"{g.name}.{n}") for n, _ in g.learned}
        ports = [self.ports[e] for p in g.ports for e in self._into(g.name, p)]
        new = replace(
            g,
            state=r.initial(),
            learned=tuple((n, _rounded(x, forms[n])) for n, x in g.learned),
            formats=tuple(forms.items()),
            update=r.update(),
            spike=None if g.spike is None else r.condition(g.spike),
            reset=tuple((v, r.written(t)) for v, t in g.reset),
            present=tuple((v, text_of(r.value(parse(t)))) for v, t in g.present),
            ports=tuple(dict.fromkeys([*ports, *(p for p in g.ports if not self._into(g.name, p))])),
        )
        return new if g.name in self.bits_alone else self._graded(new)

    def _graded(self, g: Group) -> Group:
        """A population that delivers values rounds them when they leave; its states keep all their bits.

        What it delivers late is a state of its own, rounded where it is written.
        """
        r = self.registers[g.name]
        late = {e.variable for e in self.before.edges if e.source == g.name} - {g.output}
        value = parse(dict(g.present)["output"]) if g.present else name(g.output)
        return replace(
            g,
            state=tuple((v, _rounded(x, self.payload) if v in late else x) for v, x in g.state),
            update=tuple((v, rewritten(t, r.payload) if v in late else t) for v, t in g.update),
            present=(("output", text_of(r.payload(value))),),
            output="output",
        )

    def _edge(self, e: Edge) -> Edge:
        source = self.before.group(e.source)
        variable = self._group(source).output if e.variable == source.output else e.variable
        return replace(e, variable=variable, port=self.ports[e])

    def _rule(self, rule: Rule) -> Rule:
        rule = with_factors_on_grid(rule, self.before, self.precision.output_bits)
        if rule.of_matrix:
            m = self.matrices[rule.owner]
            assert m.format is not None
            hidden = partial(to_grid, bits=HIDDEN_BITS)
            stored = partial(into_format, form=m.format) if m.is_stored else hidden
            for v in m.behind_weight:
                rule = writing(rule, v, stored)
            return replace(rule, increments=tuple((v, rewritten(t, hidden)) for v, t in rule.increments))
        for v, _ in rule.update:
            rule = writing(rule, v, partial(into_format, form=self.precision.bias_format(f"{rule.owner}.{v}")))
        return rule

    def _phase(self, phase: ProgramPhase) -> ProgramPhase:
        return replace(phase, assign=tuple((g, v, self.registers[g].written(t)) for g, v, t in phase.assign))


def _matrix(m: Matrix, precision: FixedPoint) -> Matrix:
    form = precision.weight_format(m.name)
    stored = form if m.is_stored else GridFormat(HIDDEN_BITS)
    state = tuple((v, _rounded(x, stored) if v in m.behind_weight else x) for v, x in m.state)
    weight = m.weight if m.is_stored else rewritten(m.weight, partial(into_format, form=form))
    return replace(m, state=state, weight=weight, format=form)


def _rounded(value: float, form: Format) -> float:
    return float(form.rounded(np.array(value)))


def _unused(wanted: str, g: Group) -> str:
    """Return the name, or one like it, that no variable of the group has."""
    taken = {v for v, _ in (*g.state, *g.learned, *g.driven)}.union(g.constants, g.ports)
    return wanted if wanted not in taken else _unused(f"{wanted}_arriving", g)


def _delivers_bits(g: Group, program: Program) -> bool:
    """Return whether a group delivers only 0 and 1."""
    if g.output == "spike":
        return True
    if g.is_input:
        kinds = dict(program.stimuli)
        return not g.present and kinds.get(f"{g.name}.{g.output}") == "events"
    if g.present:
        return all(_is_bit(parse(t)) for _, t in g.present)
    writers = [t for v, t in (*g.update, *g.reset) if v == g.output]
    writers += [t for p in program.phases for owner, v, t in p.assign if (owner, v) == (g.name, g.output)]
    return dict(g.state).get(g.output) in (0.0, 1.0) and all(_is_bit(parse(t)) for t in writers)


def _is_bit(tree: ast.expr) -> bool:
    if isinstance(tree, ast.Constant):
        return value_of(tree) in (0.0, 1.0)
    if isinstance(tree, ast.Call) and function_of(tree) == "where":
        return _is_bit(tree.args[1]) and _is_bit(tree.args[2])
    return isinstance(tree, ast.Call) and function_of(tree) == "step"
