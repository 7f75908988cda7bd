"""What goes over a line: requests, and bytes in both directions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from neurosim.device.board.link.frames import FRAMING

CHECKSUM = 4
"""Bytes of the answer to what is stored."""


@dataclass(frozen=True)
class Amount:
    """Requests with their answers.

    Attributes
    ----------
    calls
        Those of them that run something.
    requests
        All of them.
    up, down
        Bytes to the board, and from it, with those of frames.
    """

    calls: int = 0
    requests: int = 0
    up: int = 0
    down: int = 0

    def __add__(self, other: Amount) -> Amount:
        """Both."""
        calls, requests = self.calls + other.calls, self.requests + other.requests
        return Amount(calls, requests, self.up + other.up, self.down + other.down)

    def __mul__(self, times: int) -> Amount:
        """As often as that."""
        return Amount(self.calls * times, self.requests * times, self.up * times, self.down * times)

    def __sub__(self, other: Amount) -> Amount:
        """What is more."""
        return self + other * -1

    def seconds(self, baud: int | None, seconds_of_request: float) -> float:
        """Return what it takes where each request waits for its answer, and a byte is 10 bits; without a baud none."""
        return self.requests * seconds_of_request + (10 * (self.up + self.down) / baud if baud else 0.0)


def request(payload: int, answer: int = CHECKSUM) -> Amount:
    """Return a request with a payload of so many bytes, and its answer."""
    return Amount(0, 1, payload + FRAMING, answer + FRAMING)


def total(amounts: Iterable[Amount]) -> Amount:
    """Return all of them."""
    return sum(amounts, Amount())


def in_chunks(count: int, each: int, buffer_bytes: int) -> Amount:
    """Return requests that store so many numbers of some bytes each, as many at once as fit behind two words."""
    most = (buffer_bytes - 8) // each
    return total(request(8 + each * min(most, count - first)) for first in range(0, count, most))
