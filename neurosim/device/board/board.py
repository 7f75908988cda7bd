"""A device at the other end of a link: what it has of a program, and its requests, each checked by what it stored."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.device.board import deltas
from neurosim.device.board.link.caller import Caller
from neurosim.device.board.link.hello import DeviceIdentity
from neurosim.device.board.link.refusals import RequestType
from neurosim.device.board.words.image import Image
from neurosim.errors import BackendError

Mantissas = NDArray[np.int16]
Numbers = NDArray[np.int32]

FIRST_STEPS = 100
"""In the first call of a device of which nobody knows yet how fast it is."""

SHARE_OF_DEADLINE = 0.25
"""What a call is to take of it, as far as the last one tells."""

MOST_STEPS = 2**24
"""In one call, however fast a device is."""


@dataclass(frozen=True)
class Ran:
    """What a device answers to a run: words of readings, and what its clock has counted."""

    readings: NDArray[np.uint32]
    ticks: int


class Board:
    """A device with the program, mantissas and numbers that it was given.

    Parameters
    ----------
    calls
        To it, for as long as it stays switched on.
    identity
        What it said of itself.

    Attributes
    ----------
    buffer_bytes
        The largest payload that it takes and gives.
    overruns
        Steps that took longer than they were to.
    """

    def __init__(self, calls: Caller, identity: DeviceIdentity):
        self.calls, self.identity, self.overruns = calls, identity, 0
        self.buffer_bytes = identity.limits.payload
        self._seconds_of_step: float | None = None
        self._leave: Callable[[], None] | None = None
        self._words = b""
        self._stored: dict[int, Mantissas] = {}
        self._set: dict[tuple[int, int], Numbers] = {}

    def take(self, leave: Callable[[], None]) -> None:
        """Use it from now on; whoever used it before is told to fetch what is left of its last trial.

        Parameters
        ----------
        leave
            Does that for who uses it now.
        """
        if self._leave is not None and self._leave != leave:
            self._leave()
        self._leave = leave

    def give_back(self, leave: Callable[[], None]) -> None:
        """Use it no more."""
        if self._leave == leave:
            self._leave = None

    def load(self, image: Image) -> None:
        """Load a program, unless it has it."""
        if image.words == self._words:
            return
        self._words, self._stored, self._set = b"", {}, {}
        words, most = len(image.words) // 4, (self.buffer_bytes - 8) // 4
        for first in range(0, words, most):
            part = image.words[4 * first : 4 * (first + most)]
            so_far = image.words[: 4 * first] + part
            self._checked(RequestType.LOAD, _words(words, first) + part, so_far, "its program")
        self._words = image.words

    def write(self, matrix: int, mantissas: Mantissas) -> None:
        """Write the mantissas of a matrix, or what of them it does not have; of shape (synapses,)."""
        stored = self._stored.pop(matrix, np.zeros_like(mantissas))
        for request, payload, after in self._parts(stored, mantissas):
            self._checked(request, _words(matrix) + payload, after.tobytes(), f"matrix {matrix}")
        self._stored[matrix] = mantissas

    def _parts(self, stored: Mantissas, wanted: Mantissas) -> list[tuple[RequestType, bytes, Mantissas]]:
        """Return requests that turn what is stored into what is wanted, each with what is stored after it."""
        pairs = deltas.between(stored, wanted)
        if len(pairs) <= self.buffer_bytes - 4 and len(pairs) < wanted.nbytes:
            return [(RequestType.WRITE_DELTA, pairs, wanted)] if pairs else []
        parts, most = [], (self.buffer_bytes - 8) // 2
        for first in range(0, len(wanted), most):
            after = np.concatenate([wanted[: first + most], stored[first + most :]])
            parts.append((RequestType.WRITE, _words(first) + wanted[first : first + most].tobytes(), after))
        return parts

    def set(self, group: int, slot: int, numbers: Numbers) -> None:
        """Set the numbers of a slot, unless it has them; of shape (units,)."""
        if np.array_equal(self._set.get((group, slot), ()), numbers):
            return
        self._set.pop((group, slot), None)
        self.put(group, slot, numbers)
        self._set[group, slot] = numbers

    def put(self, group: int, slot: int, numbers: Numbers) -> None:
        """Set the numbers of a slot that changes while it runs."""
        self._checked(RequestType.SET, _words(group, slot) + numbers.tobytes(), numbers.tobytes(), f"group {group}")

    def get(self, group: int, slot: int) -> Numbers:
        """Return the numbers of a slot."""
        return np.frombuffer(self.calls.call(RequestType.GET, _words(group, slot)), "<i4")

    def steps_in_time(self) -> int:
        """How many steps may be run in one call, so that it ends well within the deadline."""
        if self._seconds_of_step is None:
            return FIRST_STEPS
        return int(min(SHARE_OF_DEADLINE * self.calls.deadline / self._seconds_of_step, MOST_STEPS))

    def run(self, flags: int, trials: int, lengths: tuple[int, ...], shown: bytes) -> Ran:
        """Run trials."""
        began = time.perf_counter()
        answer = self.calls.call(RequestType.RUN, _words(flags, trials, *lengths) + shown)
        self._seconds_of_step = max(time.perf_counter() - began, 1e-9) / max(trials * sum(lengths), 1)
        if len(answer) < 16 or len(answer) % 4:
            raise BackendError(f"device: an answer to RUN of {len(answer)} bytes")
        words = np.frombuffer(answer, "<u4")
        if words[0] != trials:
            raise BackendError(f"device: it ran {words[0]} trials of {trials}")
        self.overruns += int(words[3])
        return Ran(words[4:], int(words[1]) | int(words[2]) << 32)

    def _checked(self, request: RequestType, payload: bytes, stored: bytes, what: str) -> None:
        answer = self.calls.call(request, payload)
        if answer != _words(zlib.crc32(stored)):
            raise BackendError(f"device: {what} is not stored as it was written")


def _words(*values: int) -> bytes:
    return np.array(values, "<u4").tobytes()
