"""Whether words are a program of a device, by the page of the protocol alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from device_protocol.words import HEAD_WORDS, MAGIC, NONE, OPERATIONS

TAKES = {"CONST": 0, "SMALL": 0, "SLOT": 0, "SELECT": 3} | dict.fromkeys(
    ("END", "NEG", "ABS", "SIGN", "SHL", "FLOOR", "TRUNC", "ROUND", "NOT"), 1
)
"""Values that an operation takes; two for all others."""


@dataclass(frozen=True)
class DeviceSizes:
    """The most that a device holds."""

    words: int
    values: int
    synapses: int
    groups: int
    matrices: int


class Wrong(Exception):
    """These words are no program, or do not fit."""


def need(condition: bool) -> None:
    if not condition:
        raise Wrong


def is_program(words: Sequence[int], most: DeviceSizes) -> bool:
    try:
        _Rules(words, most).check()
    except (Wrong, IndexError):
        return False
    return True


class _Rules:
    def __init__(self, words: Sequence[int], most: DeviceSizes):
        self.words, self.most, self.at = words, most, HEAD_WORDS
        self.groups: list[tuple[int, int]] = []
        self.matrices: list[tuple[int, int]] = []

    def check(self) -> None:
        need(len(self.words) >= HEAD_WORDS and self.words[:2] == [MAGIC, len(self.words)])
        groups, matrices, edges, ports, readings, stimuli, phases, stack = self.words[2:HEAD_WORDS]
        need(len(self.words) <= self.most.words and stack <= 32)
        need(groups <= self.most.groups and matrices <= self.most.matrices)
        for _ in range(groups):
            self._group()
        need(sum(size * slots for size, slots in self.groups) <= self.most.values)
        need(max((size for size, _ in self.groups), default=0) <= self.most.values)
        self._entries(matrices, 2, self._matrix)
        need(sum(self.groups[r][0] * self.groups[c][0] for r, c in self.matrices) <= self.most.synapses)
        self._entries(edges, 7, self._edge)
        self._entries(ports, 3, self._port)
        self._entries(readings, 4, lambda g, s, when, bits: self._reading(g, s, when, bits, phases))
        self._entries(stimuli, 3, self._stimulus)
        lists = self.at + 5 * groups * phases
        need(lists <= len(self.words))
        for at in range(self.at, lists):
            of_step, k = (at - self.at) % (5 * groups) < 4 * groups, (at - self.at) % (5 * groups)
            g, is_spike = (k // 4, k % 4 == 2) if of_step else (k - 4 * groups, False)
            if self.words[at]:
                need(lists <= self.words[at])
                self._list(self.words[at], self.groups[g][1], stack, is_spike)

    def _next(self, count: int) -> Sequence[int]:
        need(self.at + count <= len(self.words))
        self.at += count
        return self.words[self.at - count : self.at]

    def _group(self) -> None:
        size, slots = self._next(2)
        beginnings = self._next(3 * slots)
        need(all(kept <= 1 for kept in beginnings[::3]))
        self.groups.append((size, slots))

    def _entries(self, count: int, width: int, entry: Callable[..., None]) -> None:
        need(self.at + count * width <= len(self.words))
        for _ in range(count):
            entry(*self._next(width))

    def _slot(self, group: int, slot: int) -> None:
        need(group < len(self.groups) and slot < self.groups[group][1])

    def _matrix(self, rows: int, columns: int) -> None:
        need(max(rows, columns) < len(self.groups))
        self.matrices.append((rows, columns))

    def _edge(self, m: int, source: int, source_slot: int, target: int, target_slot: int, flags: int, a: int) -> None:
        need(m < len(self.matrices) and flags <= 3 and a <= 62)
        self._slot(source, source_slot)
        self._slot(target, target_slot)
        need((source, target) == (self.matrices[m][::-1] if flags & 1 else self.matrices[m]))
        need((source, source_slot) != (target, target_slot))

    def _port(self, group: int, slot: int, begin: int) -> None:
        self._slot(group, slot)
        self._slot(group, slot if begin == NONE else begin)

    def _reading(self, group: int, slot: int, when: int, bits: int, phases: int) -> None:
        self._slot(group, slot)
        need((when == NONE or when < phases) and bits <= 1)

    def _stimulus(self, group: int, slot: int, form: int) -> None:
        self._slot(group, slot)
        need(form <= 2)

    def _list(self, begin: int, slots: int, stack: int, is_spike: bool) -> None:
        count, at = self.words[begin], begin + 1
        need(not is_spike or count <= 1)
        for _ in range(count):
            slot, length = self.words[at], self.words[at + 1]
            need(slot < slots and at + 2 + length <= len(self.words))
            self._code(self.words[at + 2 : at + 2 + length], slots, stack)
            at += 2 + length

    def _code(self, code: Sequence[int], slots: int, stack: int) -> None:
        height, at = 0, 0
        while True:
            need(code[at] & 255 < len(OPERATIONS))
            name, a = OPERATIONS[code[at] & 255], code[at] >> 8
            height -= TAKES.get(name, 2)
            need(height >= 0)
            if name == "END":
                need(height == 0 and at == len(code) - 1)
                return
            need(name != "SLOT" or a < slots)
            need(name not in ("SHL", "FLOOR", "TRUNC", "ROUND") or (name == "ROUND") <= a <= 62)
            height += 1
            need(height <= stack)
            at += 3 if name == "CONST" else 1
