"""A program as the words that a device loads, and where everything is in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from neurosim.device.board.words.code import term_of
from neurosim.device.board.words.operations import Operation, halves
from neurosim.device.board.words.slots import SPIKE, Slot, Slots, folded
from neurosim.device.board.words.term import MOST_BITS
from neurosim.errors import UnsupportedFeature
from neurosim.model.equations.expressions import parse
from neurosim.program.program import Edge, Equations, Group, Matrix, Program, ProgramPhase, ProgramProbe
from neurosim.program.run import Run

MAGIC = 0x3150534E
EVERY_STEP = NOTHING = 0xFFFFFFFF
TRANSPOSED, CONSTANT = 1, 2
NUMBERS_ONCE, NUMBERS_IN_STEPS, BITS_IN_STEPS = 0, 1, 2
MOST_DEPTH = 32
LARGEST_MANTISSA = 256


@dataclass(frozen=True)
class Reading:
    """What is read of a group: in every step, or at the end of the phase of this index."""

    group: str
    variable: str
    phase: int | None

    @classmethod
    def of(cls, probe: ProgramProbe) -> Reading:
        """Return what a probe records."""
        return cls(probe.group, probe.variable, None if probe.when == "step" else probe.phase)


@dataclass(frozen=True)
class Shown:
    """A stimulus, and how its numbers come to a device."""

    name: str
    group: str
    variable: str
    kind: int


class Image:
    """A program in fixed point, with the constants of a run, for a device.

    Parameters
    ----------
    run
        Of a program in fixed point. What it shows, and its lengths, do not matter.

    Attributes
    ----------
    words
        As a device loads them, little-endian.
    slots
        By the name of a group.
    places
        Of the mantissas, by the name of a matrix: a weight is mantissa*2**-places.
    readings, stimuli
        In the order in which the device takes and gets them.

    Raises
    ------
    UnsupportedFeature
        For what whole numbers cannot do.
    """

    def __init__(self, run: Run):
        self.run, self.program = run, run.program
        self.slots = {g.name: Slots(g, run) for g in run.program.groups}
        self.places = {m.name: _exponent(m) for m in run.program.matrices}
        self.readings = list(dict.fromkeys(map(Reading.of, run.program.probes)))
        self.stimuli = [_shown(run.program, name) for name, _ in run.program.stimuli]
        self._index = {g.name: k for k, g in enumerate(run.program.groups)}
        self._depth = 1
        edges, ports = self._wiring()
        phases = [self._phase(p) for p in run.program.phases]
        self.words = self._laid_out(edges, ports, phases)

    def group(self, name: str) -> int:
        """Return the number of a group."""
        return self._index[name]

    # what arrives

    def _wiring(self) -> tuple[list[int], list[int]]:
        edges, ports = list[int](), list[int]()
        for g in self.program.groups:
            for port in g.ports:
                into = [e for e in self.program.edges if (e.target, e.port) == (g.name, port)]
                finest = max(map(self._places_of, into), default=0)
                most = sum(self._most(e) << (finest - self._places_of(e)) for e in into)
                if most >> MOST_BITS:
                    raise UnsupportedFeature(f"sums of more than 63 bits at {g.name}", "a board", ["reference"])
                slot = self.slots[g.name].add(port, Slot(finest, -most, most))
                steady = NOTHING
                if any(e.constant for e in into):
                    steady = self.slots[g.name].add(f"{port} of a trial", Slot(finest, -most, most))
                ports += [self.group(g.name), slot, steady]
                for e in into:
                    edges += self._edge(e, steady if e.constant else slot, finest - self._places_of(e))
        return edges, ports

    def _places_of(self, e: Edge) -> int:
        return self.places[e.matrix] + self.slots[e.source][e.variable].places

    def _most(self, e: Edge) -> int:
        """Return the largest sum of an edge that its numbers allow."""
        source = self.slots[e.source][e.variable]
        return LARGEST_MANTISSA * self.program.group(e.source).size * max(-source.low, source.high)

    def _edge(self, e: Edge, slot: int, shift: int) -> list[int]:
        flags = TRANSPOSED * e.transposed + CONSTANT * e.constant
        matrix = [m.name for m in self.program.matrices].index(e.matrix)
        source = self.slots[e.source].index(e.variable)
        return [matrix, self.group(e.source), source, self.group(e.target), slot, flags, shift]

    # equations

    def _phase(self, phase: ProgramPhase) -> list[list[int]]:
        """Return the lists of a phase: four of each group, then one more of each."""
        lists = [self._list(g, phase, equations) for g in self.program.groups for equations in _of_step(g)]
        for g in self.program.groups:
            lists.append(self._list(g, phase, tuple((v, t) for owner, v, t in phase.assign if owner == g.name)))
        return lists

    def _list(self, g: Group, phase: ProgramPhase, equations: Equations) -> list[int]:
        if not equations:
            return []
        words = [len(equations)]
        for variable, text in equations:
            code = self._code(g, phase, variable, text)
            words += [self.slots[g.name].index(variable), len(code), *code]
        return words

    def _code(self, g: Group, phase: ProgramPhase, variable: str, text: str) -> list[int]:
        slots = self.slots[g.name]
        tree = folded(parse(text), self.run.values(g.name, phase.name), slots)
        try:
            term = term_of(tree, slots.load)
        except UnsupportedFeature as refused:
            what = f"{refused.feature}, in the equation of '{variable}' of population {g.name},"
            raise UnsupportedFeature(what, "a board", ["reference"]) from None
        places = slots[variable].places
        if term.places > places:
            what = f"{variable} of {g.name}, whose equation is finer than 2**-{places},"
            raise UnsupportedFeature(what, "a board", ["reference"])
        term = term.at(places)
        self._depth = max(self._depth, term.depth)
        if self._depth > MOST_DEPTH:
            raise UnsupportedFeature(f"{variable} of {g.name}, whose equation is too deep,", "a board", ["reference"])
        return [*term.words, Operation.END]

    # layout

    @property
    def sizes(self) -> dict[str, int]:
        """How much there is of what boards have limits for."""
        p = self.program
        return {
            "words": len(self.words) // 4,
            "values": sum(g.size * len(self.slots[g.name]) for g in p.groups),
            "synapses": sum(p.group(m.pre).size * p.group(m.post).size for m in p.matrices),
            "groups": len(p.groups),
            "matrices": len(p.matrices),
            "edges": len(p.edges),
            "phases": len(p.phases),
            "readings": len(self.readings),
            "stimuli": len(self.stimuli),
        }

    def _laid_out(self, edges: list[int], ports: list[int], phases: list[list[list[int]]]) -> bytes:
        p = self.program
        counts = [len(p.groups), len(p.matrices), len(edges) // 7, len(ports) // 3]
        counts += [len(self.readings), len(self.stimuli), len(p.phases)]
        tables = [w for g in p.groups for w in self._group(g)]
        tables += [self._index[end] for m in p.matrices for end in (m.pre, m.post)]
        tables += [*edges, *ports]
        for r in self.readings:
            phase = EVERY_STEP if r.phase is None else r.phase
            is_bit = r.variable == SPIKE
            tables += [self.group(r.group), self.slots[r.group].index(r.variable), phase, is_bit]
        for s in self.stimuli:
            tables += [self.group(s.group), self.slots[s.group].index(s.variable), s.kind]
        first = 3 + len(counts) + len(tables) + sum(map(len, phases))
        places, lists = _placed([one for phase in phases for one in phase], first)
        words = [MAGIC, first + len(lists), *counts, self._depth, *tables, *places, *lists]
        return np.array([w & 0xFFFFFFFF for w in words], "<u4").tobytes()

    def _group(self, g: Group) -> Iterator[int]:
        slots = self.slots[g.name]
        yield from (g.size, len(slots))
        for name in slots:
            yield from (int(slots[name].is_kept), *halves(slots[name].initial))


def _exponent(m: Matrix) -> int:
    assert m.format is not None, "in fixed point all matrices have one"
    return -m.format.exponent


def _shown(program: Program, name: str) -> Shown:
    group, _, variable = name.partition(".")
    kinds = {"constant": NUMBERS_ONCE, "steps": NUMBERS_IN_STEPS, "events": BITS_IN_STEPS}
    return Shown(name, group, variable, kinds[dict(program.stimuli)[name]])


def _of_step(g: Group) -> Iterator[Equations]:
    """Yield the equations of a step: present, update, spike, reset. An input spikes as it presents itself."""
    spike: Equations = () if g.spike is None else ((SPIKE, f"where({g.spike}, 1, 0)"),)
    yield (*g.present, *spike) if g.is_input else g.present
    yield g.update
    yield () if g.is_input else spike
    yield g.reset


def _placed(lists: Iterable[list[int]], first: int) -> tuple[list[int], list[int]]:
    """Return where each list begins, equal ones in one place, and the words of all."""
    places, words, known = list[int](), list[int](), dict[tuple[int, ...], int]()
    for one in lists:
        key = tuple(one)
        if one and key not in known:
            known[key] = first + len(words)
            words += one
        places.append(known.get(key, 0))
    return places, words
