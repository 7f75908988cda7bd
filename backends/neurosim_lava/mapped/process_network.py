"""Which processes a run has, and what goes from one to another.

A population is one part, each direction of a projection one more. A population sends what it delivers, at the end of a
step for the next one, and where a rule fires the variables that the rule reads. A direction sends its weighted sums;
what does not change within a trial is sent once a trial, if both ends are ours. The two directions of a reciprocal
projection have a copy of the weights each, and the same rules with the same values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from neurosim.model.equations.expressions import names_in, parse
from neurosim.program.program import Edge, Group, Matrix, Rule
from neurosim.program.run import Run
from neurosim_lava.mapped.stock import Choice, of_direction, of_population

PORTS: Mapping[str, tuple[str, str]] = {"LIF": ("a_in", "s_out"), "Dense": ("s_in", "a_out")}
"""Lava's names of the ports of its own processes: in, out."""


@dataclass(frozen=True)
class MappedProcess:
    """A process.

    Attributes
    ----------
    of
        What it stands for.
    recorder
        It only records the spikes of a population that Lava's own process is.
    """

    name: str
    of: Group | Edge
    choice: Choice
    recorder: bool = False

    @property
    def mirrors(self) -> str | None:
        """The projection of whose weights this part has the second copy, to learn it on its own."""
        return self.of.matrix if isinstance(self.of, Edge) and self.of.transposed and not self.choice.stock else None


@dataclass(frozen=True)
class Wire:
    """A connection of two ports.

    Attributes
    ----------
    kind
        ``output``, ``sums`` or ``rules``.
    variables
        What is sent, one row a variable where `kind` is ``rules``.
    once
        Sent once a trial, not in each step.
    population, matrix
        Whose variables these are, and the projection that they are for.
    """

    source: str
    out: str
    target: str
    into: str
    kind: str
    shape: tuple[int, ...]
    variables: tuple[str, ...]
    once: bool = False
    population: str = ""
    matrix: str = ""


@dataclass(frozen=True)
class ProcessNetwork:
    """All processes of a run and their connections."""

    parts: tuple[MappedProcess, ...]
    wires: tuple[Wire, ...]

    def part(self, name: str) -> MappedProcess:
        """The process of that name."""
        return next(p for p in self.parts if p.name == name)

    def into(self, name: str) -> list[Wire]:
        """The wires that end at a process."""
        return [w for w in self.wires if w.target == name]

    def out_of(self, name: str) -> list[Wire]:
        """The wires that begin at a process."""
        return [w for w in self.wires if w.source == name]


def direction(e: Edge) -> str:
    """The name of the part that is this direction of a projection."""
    return f"{e.matrix}__back" if e.transposed else e.matrix


def firing(run: Run, owner: str) -> list[Rule]:
    """The rules of a projection or population that fire in this run."""
    return [r for r in run.program.rules if run.learn and r.owner == owner]


def process_network(run: Run) -> ProcessNetwork:
    """The parts of a run and their wires."""
    program = run.program
    read = {g.name: _read_by_rules(run, g.name) for g in program.groups}
    populations = [MappedProcess(g.name, g, of_population(run, g, read[g.name])) for g in program.groups]
    directions = [MappedProcess(direction(e), e, of_direction(run, e, firing(run, e.matrix))) for e in program.edges]
    models = {p.name: p.choice.model for p in (*populations, *directions)}
    wires = [w for e in program.edges for w in _wires_of(run, e, models)]
    recorded = [g for g in program.groups if models[g.name] == "LIF" and any(q.group == g.name for q in program.probes)]
    why = Choice("custom", "records the spikes of Lava's own process")
    recorders = [MappedProcess(f"{g.name}__spikes", g, why, recorder=True) for g in recorded]
    wires += [_to_recorder(g) for g in recorded]
    return ProcessNetwork((*populations, *directions, *recorders), tuple(wires))


def _to_recorder(g: Group) -> Wire:
    return Wire(g.name, "s_out", f"{g.name}__spikes", "in_spikes", "output", (g.size,), ("spike",))


def _wires_of(run: Run, e: Edge, models: Mapping[str, str]) -> Iterable[Wire]:
    """To a direction what it delivers and what its rules read, from it its sums."""
    name, size = direction(e), run.program.group(e.target).size
    once = e.constant and models[name] == models[e.target] == "custom"
    _, out = PORTS.get(models[e.source], ("", f"{'once' if once else 'out'}_{e.variable}"))
    arriving, _ = PORTS.get(models[e.target], (f"in_{e.port}__c" if once else f"in_{e.port}", ""))
    into, sums = PORTS.get(models[name], ("in_source", "out_sums"))
    shape = (run.program.group(e.source).size,)
    yield Wire(e.source, out, name, into, "output", shape, (e.variable,), once)
    yield Wire(name, sums, e.target, arriving, "sums", (size,), (e.port,), once)
    matrix = run.program.matrix(e.matrix)
    if (forwards := told_forwards(run, e)) is not None:
        _, out = PORTS.get(models[matrix.pre], ("", f"out_{forwards.variable}"))
        size = run.program.group(matrix.pre).size
        yield Wire(matrix.pre, out, name, "in_forwards", "output", (size,), (forwards.variable,))
    for side, variables in readings(run, matrix, e.transposed).items():
        if variables:
            yield _to_rules(run.program.group(getattr(matrix, side)), name, side, variables, matrix.name, models)


def _to_rules(
    g: Group, target: str, side: str, variables: tuple[str, ...], matrix: str, models: Mapping[str, str]
) -> Wire:
    """What rules read of a population; of Lava's LIF that is what it sends anyway, in each step: its spikes."""
    if models[g.name] == "LIF":
        return Wire(g.name, "s_out", target, f"in_{side}", "rules", (g.size,), variables, False, g.name, matrix)
    out, shape = f"for_{target}__{side}", (len(variables), g.size)
    return Wire(g.name, out, target, f"in_{side}", "rules", shape, variables, False, g.name, matrix)


def told_forwards(run: Run, e: Edge) -> Edge | None:
    """The forward direction, if this is the backward one and its rules read what arrives there after delays."""
    matrix = run.program.matrix(e.matrix)
    if not e.transposed or not matrix.longest_delay or "arrived" not in _names_in_rules(run, matrix):
        return None
    return next(f for f in run.program.edges if f.matrix == e.matrix and not f.transposed)


def _names_in_rules(run: Run, matrix: Matrix) -> set[str]:
    names: set[str] = set()
    for rule in firing(run, matrix.name):
        texts = [t for _, t in rule.equations] + [t for pairs in rule.outer for pair in pairs or () for t in pair]
        names |= set().union(*(names_in(parse(t)) for t in texts))
    return names


def readings(run: Run, matrix: Matrix, back: bool) -> dict[str, tuple[str, ...]]:
    """What the rules of a matrix read of either side; the backward direction has to be told what went forward, too."""
    names = _names_in_rules(run, matrix)
    fired = any(rule.when == "spike" for rule in firing(run, matrix.name))
    read = {}
    for side, owner in (("pre", matrix.pre), ("post", matrix.post)):
        variables = [v for v in variables_of(run.program.group(owner)) if f"{side}.{v}" in names]
        if side == "pre" and back and "arrived" in names and not matrix.longest_delay:
            variables.append("arrived")
        if side == "post" and fired:
            variables.append("spike")
        read[side] = tuple(variables)
    return read


def variables_of(g: Group) -> list[str]:
    """What a rule can read of a population."""
    return [v for v, _ in (*g.state, *g.learned, *g.driven, *g.present)]


def _read_by_rules(run: Run, group: str) -> bool:
    """Some rule of this run reads more of the population than that it spikes, or changes a variable."""
    enough: tuple[tuple[str, ...], ...] = ((), ("spike",))
    for e in run.program.edges:
        matrix = run.program.matrix(e.matrix)
        read = readings(run, matrix, e.transposed)
        if any(getattr(matrix, side) == group and read[side] not in enough for side in ("pre", "post")):
            return True
    return bool(firing(run, group))
