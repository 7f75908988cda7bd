"""Trials as the bytes that a device is shown, and its readings as what probes record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.device.board.words.image import BITS_IN_STEPS, NUMBERS_ONCE, Image, Reading, Shown
from neurosim.device.board.words.slots import SPIKE
from neurosim.errors import BackendError, UnsupportedFeature
from neurosim.program.program import ProgramProbe
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Events, Recording

LONGEST = MOST_TRIALS = 2**20
"""Steps and trials in one call, where no buffer limits them."""


def bit_words(units: int) -> int:
    """Return how many words the bits of so many neurons take."""
    return -(-units // 32)


@dataclass(frozen=True)
class Sizes:
    """Bytes of a trial of a run.

    Attributes
    ----------
    shown_once, shown_in_step
        What it shows.
    read_in_step, read_at_ends
        What is read of it, at the ends of all phases together.
    """

    shown_once: int
    shown_in_step: int
    read_in_step: int
    read_at_ends: int

    def steps_within(self, shown: int, read: int) -> int:
        """Return how many steps of a trial fit, given the bytes that it may show, and that may be read of it."""
        fitting = [(shown - self.shown_once, self.shown_in_step), (read - self.read_at_ends, self.read_in_step)]
        return min((room // each if each else LONGEST) if room >= 0 else 0 for room, each in fitting)

    def trials_within(self, shown: int, read: int, steps: int) -> int:
        """Return how many trials of so many steps fit."""
        wanted = self.shown_once + steps * self.shown_in_step, self.read_at_ends + steps * self.read_in_step
        return min(room // each if each else MOST_TRIALS for room, each in zip((shown, read), wanted, strict=True))


def shown(image: Image, run: Run) -> bytes:
    """Return what trials show, one after the other: what comes once, then what comes in each step."""
    once = [_numbers(image, s, run) for s in image.stimuli if s.kind == NUMBERS_ONCE]
    in_steps = [_in_steps(image, s, run) for s in image.stimuli if s.kind != NUMBERS_ONCE]
    blocks = [a.reshape(run.count, -1) for a in once]
    if in_steps:
        blocks.append(np.concatenate(in_steps, axis=2).reshape(run.count, -1))
    return np.concatenate(blocks, axis=1).tobytes() if blocks else b""


def sizes(image: Image, run: Run) -> Sizes:
    """Return the bytes of a trial of a run."""
    size = {g.name: g.size for g in run.program.groups}
    words = {s: bit_words(size[s.group]) if s.kind == BITS_IN_STEPS else size[s.group] for s in image.stimuli}
    read = {r: _words_of(r, size) for r in image.readings}
    return Sizes(
        4 * sum(n for s, n in words.items() if s.kind == NUMBERS_ONCE),
        4 * sum(n for s, n in words.items() if s.kind != NUMBERS_ONCE),
        4 * sum(n for r, n in read.items() if r.phase is None),
        4 * sum(n for r, n in read.items() if r.phase is not None and run.ends_phase(r.phase)),
    )


def _numbers(image: Image, s: Shown, run: Run) -> NDArray[np.int32]:
    """Return numbers of a stimulus, as its slot has them.

    Raises
    ------
    UnsupportedFeature
        For a value that no slot holds.
    """
    given = run.stimuli[s.name]
    values = given.dense().astype(np.float64) if isinstance(given, Events) else given
    slot = image.slots[s.group][s.variable]
    scaled = slot.numbers(values)
    if scaled.size and not (scaled.min() >= slot.low and scaled.max() <= slot.high):
        most = slot.high * 2.0**-slot.places
        raise UnsupportedFeature(f"a value of {s.name} beyond {most:g}", "a board", ["reference"])
    return scaled.astype("<i4")


def _in_steps(image: Image, s: Shown, run: Run) -> NDArray[np.int32]:
    """Return what a stimulus shows in each step, int32 of shape (trials, steps, words)."""
    if s.kind != BITS_IN_STEPS:
        return _numbers(image, s, run)
    events = run.stimuli[s.name]
    assert isinstance(events, Events)
    units = run.program.group(s.group).size
    bits = np.zeros((run.count, run.steps, 32 * bit_words(units)), np.uint8)
    bits[:, :, :units] = events.dense() != 0
    return np.packbits(bits, axis=2, bitorder="little").view("<i4")


class BoardRecordings:
    """What probes record in a run, put together from the readings of several calls.

    Attributes
    ----------
    run
        All of it.
    """

    def __init__(self, image: Image, run: Run):
        self.image, self.run = image, run
        self._size = {g.name: g.size for g in run.program.groups}
        self._parts: dict[Reading, list[Array]] = {r: [] for r in image.readings}

    def add(self, part: Run, words: NDArray[np.uint32]) -> None:
        """Add the readings of a call, in the order in which they were taken.

        Raises
        ------
        BackendError
            For another number of them than there are.
        """
        size, ends = self._size, set(part.phase_ends().values())
        in_steps = [r for r in self._parts if r.phase is None]
        width = sum(_words_of(r, size) for r in in_steps)
        at_end = {k: [r for r in self._parts if r.phase == k and k in ends] for k, n in enumerate(part.lengths) if n}
        expected = width * part.steps + sum(_words_of(r, size) for rs in at_end.values() for r in rs)
        if len(words) != expected * part.count:
            raise BackendError(f"device: {len(words)} words of readings; expected {expected * part.count}")
        rows, at, found = words.reshape(part.count, expected), 0, dict[Reading, list[Array]]()
        for phase, read in at_end.items():
            stop = at + part.lengths[phase] * width
            block, column = rows[:, at:stop].reshape(part.count, part.lengths[phase], width), 0
            for r in in_steps:
                found.setdefault(r, []).append(self._values(r, block[:, :, column : column + _words_of(r, size)]))
                column += _words_of(r, size)
            at = stop
            for r in read:
                found[r] = [self._values(r, rows[:, at : at + _words_of(r, size)])]
                at += _words_of(r, size)
        for r, blocks in found.items():
            self._parts[r].append(np.concatenate(blocks, axis=1))

    def _values(self, r: Reading, words: NDArray[np.uint32]) -> Array:
        if r.variable == SPIKE:
            octets = np.ascontiguousarray(words).view(np.uint8)
            return np.unpackbits(octets, axis=-1, bitorder="little")[..., : self._size[r.group]].astype(np.float64)
        return self.image.slots[r.group][r.variable].values(np.ascontiguousarray(words).view(np.int32))

    def probes(self) -> dict[str, Recording]:
        """Return what each probe recorded."""
        return {q.name: self._recorded(q) for q in self.run.program.probes}

    def _recorded(self, q: ProgramProbe) -> Recording:
        values = self._whole(q)
        if q.selection is not None:
            values = values[..., q.selection.units]
        if q.when == "step":
            values = values[:, :: q.every]
        return Events.from_dense(values) if q.variable == SPIKE else values

    def _whole(self, q: ProgramProbe) -> Array:
        """Return all that was read, of shape (trials, steps, units) or (trials, units)."""
        parts, size = self._parts[Reading.of(q)], self._size[q.group]
        shape = (self.run.count, self.run.steps, size) if q.when == "step" else (-1, size)
        return np.concatenate([p.reshape(-1, size) for p in parts] or [np.zeros((0, size))]).reshape(shape)


def _words_of(r: Reading, size: Mapping[str, int]) -> int:
    return bit_words(size[r.group]) if r.variable == SPIKE else size[r.group]
