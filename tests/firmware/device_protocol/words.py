"""Programs of devices as words, from parts that a test can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

ARITHMETIC = ("ADD", "SUB", "MUL", "NEG", "ABS", "SIGN", "SHL", "FLOOR", "TRUNC", "ROUND", "MIN", "MAX", "WRAP")
LOGIC = ("LT", "LE", "GT", "GE", "EQ", "NE", "AND", "OR", "NOT", "SELECT")
OPERATIONS = ("END", "CONST", "SMALL", "SLOT", *ARITHMETIC, *LOGIC)
MAGIC = 0x3150534E
NONE = 0xFFFFFFFF
HEAD_WORDS = 10

Code = list[int]
Equation = tuple[int, Code]
"""A slot, and the code of its value."""


def op(name: str, a: int = 0) -> int:
    return OPERATIONS.index(name) | (a & 0xFFFFFF) << 8


def const(value: int) -> Code:
    return [op("CONST"), value & 0xFFFFFFFF, value >> 32 & 0xFFFFFFFF]


def code(*parts: int | Sequence[int] | str) -> Code:
    """Words of code: a word, several, or a text such as ``"SLOT 0"``; END comes by itself."""
    made: Code = []
    for part in parts:
        if isinstance(part, str):
            name, *a = part.split()
            made.append(op(name, *map(int, a)))
        else:
            made += [part] if isinstance(part, int) else part
    return [*made, op("END")]


@dataclass
class DeviceGroup:
    """Neurons: for each slot whether it is kept, and its initial value."""

    size: int
    slots: list[tuple[int, int]]

    @classmethod
    def of(cls, size: int, slots: int) -> DeviceGroup:
        return cls(size, [(0, 0)] * slots)


@dataclass
class DevicePhase:
    """Lists of equations, by group."""

    present: dict[int, list[Equation]] = field(default_factory=dict)
    update: dict[int, list[Equation]] = field(default_factory=dict)
    spike: dict[int, list[Equation]] = field(default_factory=dict)
    reset: dict[int, list[Equation]] = field(default_factory=dict)
    assign: dict[int, list[Equation]] = field(default_factory=dict)


@dataclass
class DeviceProgram:
    """All sections, and their words."""

    groups: list[DeviceGroup]
    matrices: list[tuple[int, int]] = field(default_factory=list)
    edges: list[tuple[int, ...]] = field(default_factory=list)
    ports: list[tuple[int, int, int]] = field(default_factory=list)
    readings: list[tuple[int, int, int, int]] = field(default_factory=list)
    stimuli: list[tuple[int, int, int]] = field(default_factory=list)
    phases: list[DevicePhase] = field(default_factory=list)
    stack: int = 32

    def words(self) -> list[int]:
        sections: list[int] = []
        for group in self.groups:
            sections += [group.size, len(group.slots)]
            for kept, value in group.slots:
                sections += [kept, value & NONE, value >> 32 & NONE]
        for section in (self.matrices, self.edges, self.ports, self.readings, self.stimuli):
            for entry in section:
                sections += entry
        begin = HEAD_WORDS + len(sections) + 5 * len(self.groups) * len(self.phases)
        lists: list[int] = []
        for phase in self.phases:
            by_group = [phase.present, phase.update, phase.spike, phase.reset]
            of_step = [of.get(g, []) for g in range(len(self.groups)) for of in by_group]
            for equations in [*of_step, *(phase.assign.get(g, []) for g in range(len(self.groups)))]:
                sections.append(begin + len(lists) if equations else 0)
                lists += list_words(equations) if equations else []
        sizes = map(len, (self.groups, self.matrices, self.edges, self.ports, self.readings, self.stimuli, self.phases))
        total = HEAD_WORDS + len(sections) + len(lists)
        return [MAGIC, total, *sizes, self.stack, *sections, *lists]


def list_words(equations: list[Equation]) -> list[int]:
    return [len(equations), *(word for slot, c in equations for word in (slot, len(c), *c))]
