"""What a device computes, in plain Python: integers that keep their lower 64 bits, one neuron after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from device_protocol.words import NONE, OPERATIONS, DevicePhase, DeviceProgram, Equation

GOES_ON, LATER = 1, 2


def int64(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63


def int32(value: int) -> int:
    return (value + 2**31) % 2**32 - 2**31


def toward_zero(x: int, divisor: int) -> int:
    return x // divisor if x >= 0 else -(-x // divisor)


def wrap(x: int, h: int) -> int:
    return int64(x + h - 1) % (2 * h) - h + 1 if h >= 1 else 0


UNARY: dict[str, Callable[[int, int], int]] = {
    "NEG": lambda x, a: -x,
    "ABS": lambda x, a: abs(x),
    "SIGN": lambda x, a: (x > 0) - (x < 0),
    "SHL": lambda x, a: x * 2**a,
    "FLOOR": lambda x, a: x // 2**a,
    "TRUNC": lambda x, a: toward_zero(x, 2**a),
    "ROUND": lambda x, a: int64(x + 2 ** (a - 1)) // 2**a,
    "NOT": lambda x, a: x == 0,
}

BINARY: dict[str, Callable[[int, int], int]] = {
    "ADD": lambda x, y: x + y,
    "SUB": lambda x, y: x - y,
    "MUL": lambda x, y: x * y,
    "MIN": min,
    "MAX": max,
    "WRAP": wrap,
    "LT": lambda x, y: x < y,
    "LE": lambda x, y: x <= y,
    "GT": lambda x, y: x > y,
    "GE": lambda x, y: x >= y,
    "EQ": lambda x, y: x == y,
    "NE": lambda x, y: x != y,
    "AND": lambda x, y: x != 0 and y != 0,
    "OR": lambda x, y: x != 0 or y != 0,
}


def evaluate(code: Sequence[int], slots: Sequence[int]) -> int:
    stack: list[int] = []
    words = iter(code)
    for word in words:
        name, a = OPERATIONS[word & 255], word >> 8
        if name == "END":
            break
        if name == "CONST":
            stack.append(int64(next(words) | next(words) << 32))
        elif name == "SMALL":
            stack.append((a + 2**23) % 2**24 - 2**23)
        elif name == "SLOT":
            stack.append(slots[a])
        elif name in UNARY:
            stack.append(int64(UNARY[name](stack.pop(), a)))
        elif name == "SELECT":
            y, x, c = stack.pop(), stack.pop(), stack.pop()
            stack.append(x if c else y)
        else:
            y, x = stack.pop(), stack.pop()
            stack.append(int64(BINARY[name](x, y)))
    return stack[-1]


@dataclass
class PlainDevice:
    """A program with its synapses and slots; `slots[g][s]` has a value for each neuron."""

    program: DeviceProgram
    mantissas: list[list[int]] = field(default_factory=list)
    slots: list[list[list[int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        sizes = [g.size for g in self.program.groups]
        self.mantissas = [[0] * (sizes[rows] * sizes[columns]) for rows, columns in self.program.matrices]
        self.slots = [[[int64(value)] * g.size for _, value in g.slots] for g in self.program.groups]

    def run(self, steps: Sequence[int], shown: Sequence[int] = (), flags: int = 0, trials: int = 1) -> list[int]:
        words, readings = iter(shown), list[int]()
        for _ in range(trials):
            self._trial(steps, words, flags, readings)
        assert next(words, None) is None
        return readings

    def _trial(self, steps: Sequence[int], shown: Iterator[int], flags: int, readings: list[int]) -> None:
        used = [k for k, count in enumerate(steps) if count]
        if not flags & GOES_ON:
            self._begin()
        self._show(shown, (0,))
        self._present(self.program.phases[0])
        self._deliver_constants()
        for k in used:
            phase = self.program.phases[k]
            for _ in range(steps[k]):
                self._show(shown, (1, 2))
                self._present(phase)
                self._deliver()
                self._update(phase)
                readings += self._read(NONE)
            if k == used[-1] and flags & LATER:
                continue
            readings += self._read(k)
            for g, equations in sorted(phase.assign.items()):
                self._compute(g, equations)

    def _begin(self) -> None:
        for g, group in enumerate(self.program.groups):
            for s, (kept, value) in enumerate(group.slots):
                if not kept:
                    self.slots[g][s] = [int64(value)] * group.size

    def _show(self, shown: Iterator[int], forms: tuple[int, ...]) -> None:
        for g, s, form in self.program.stimuli:
            size = self.program.groups[g].size
            if form in forms:
                count = (size + 31) // 32 if form == 2 else size
                words = [next(shown) & 0xFFFFFFFF for _ in range(count)]
                bits = [words[i // 32] >> i % 32 & 1 for i in range(size)] if form == 2 else []
                self.slots[g][s] = bits if form == 2 else [int32(w) for w in words]

    def _read(self, phase: int) -> list[int]:
        words: list[int] = []
        for g, s, when, is_bits in self.program.readings:
            values = self.slots[g][s]
            if when == phase and is_bits:
                packed = sum((v != 0) << i for i, v in enumerate(values))
                words += [int32(packed >> 32 * k & 0xFFFFFFFF) for k in range((len(values) + 31) // 32)]
            elif when == phase:
                words += [int32(v) for v in values]
        return words

    def _compute(self, g: int, equations: list[Equation], only: Sequence[int] | None = None) -> None:
        for i in range(self.program.groups[g].size):
            if only is None or only[i]:
                before = [values[i] for values in self.slots[g]]
                for slot, code in equations:
                    self.slots[g][slot][i] = evaluate(code, before)

    def _present(self, phase: DevicePhase) -> None:
        for g, equations in sorted(phase.present.items()):
            self._compute(g, equations)

    def _update(self, phase: DevicePhase) -> None:
        for g in range(len(self.program.groups)):
            self._compute(g, phase.update.get(g, []))
            for slot, code in phase.spike.get(g, []):
                self._compute(g, [(slot, code)])
                self._compute(g, phase.reset.get(g, []), only=list(self.slots[g][slot]))

    def _add(self, edge: Sequence[int]) -> None:
        m, source, source_slot, target, target_slot, flags, shift = edge
        columns = self.program.matrices[m][1]
        width = self.program.groups[columns].size
        values, added = self.slots[source][source_slot], self.slots[target][target_slot]
        for j in range(len(added)):
            at = [j * width + i if flags & 1 else i * width + j for i in range(len(values))]
            total = sum(v * self.mantissas[m][k] * 2**shift for v, k in zip(values, at, strict=True))
            added[j] = int64(added[j] + total)

    def _deliver_constants(self) -> None:
        constant = [e for e in self.program.edges if e[5] & 2]
        for edge in constant:
            self.slots[edge[3]][edge[4]] = [0] * self.program.groups[edge[3]].size
        for edge in constant:
            self._add(edge)

    def _deliver(self) -> None:
        for g, s, begin in self.program.ports:
            self.slots[g][s] = [0] * self.program.groups[g].size if begin == NONE else list(self.slots[g][begin])
        for edge in self.program.edges:
            if not edge[5] & 2:
                self._add(edge)
