"""Requests that a device refuses, and why."""

from __future__ import annotations

import struct
from enum import IntEnum

from neurosim.errors import BackendError

REFUSED = 0xFF
"""The type of a frame that refuses."""

_REFUSAL = struct.Struct("<II")

SECTIONS = {1: "groups", 2: "matrices", 3: "edges", 4: "ports", 5: "readings", 6: "stimuli", 7: "phases"}


class RequestType(IntEnum):
    """What a host asks for."""

    HELLO = 1
    LOAD = 2
    WRITE = 3
    RUN = 4
    STATUS = 5
    RESET = 6
    SET = 7
    WRITE_DELTA = 8
    GET = 9


class Refusal(IntEnum):
    """Why a device refuses a request."""

    UNKNOWN_REQUEST = 1
    CORRUPTED = 2
    WRONG_LENGTH = 3
    NO_PROGRAM = 4
    BAD_PROGRAM = 5
    NO_SUCH_PLACE = 6
    TOO_LARGE = 7
    ANSWER_TOO_LARGE = 8
    UNKNOWN_VERSION = 9


WORDS = {
    Refusal.UNKNOWN_REQUEST: "it knows no request of type {detail}",
    Refusal.CORRUPTED: "what came was corrupted",
    Refusal.WRONG_LENGTH: "the payload has a wrong length, {detail} bytes",
    Refusal.NO_PROGRAM: "no program is loaded",
    Refusal.BAD_PROGRAM: "the program is none, from word {detail} on",
    Refusal.NO_SUCH_PLACE: "there is no such matrix, group, slot or place: {detail}",
    Refusal.TOO_LARGE: "the program does not fit: too many {section}",
    Refusal.ANSWER_TOO_LARGE: "the answer has {detail} bytes, which do not fit its buffer",
    Refusal.UNKNOWN_VERSION: "it speaks version {detail} of the protocol",
}


class DeviceRefused(BackendError):
    """A request that a device refused.

    Parameters
    ----------
    device
        Its name.
    request
        The type of the request.
    code, detail
        As the protocol numbers them.
    """

    def __init__(self, device: str, request: int, code: int, detail: int):
        self.device, self.request, self.code, self.detail = device, request, code, detail
        super().__init__(f"device {device} refuses {request_name(request)}: {_why(code, detail)} (code {code})")

    def __reduce__(self) -> tuple[type[DeviceRefused], tuple[str, int, int, int]]:
        return type(self), (self.device, self.request, self.code, self.detail)

    @property
    def is_repeatable(self) -> bool:
        """Whether the same request may be taken the next time."""
        return self.code == Refusal.CORRUPTED

    @classmethod
    def of(cls, answer: bytes, device: str, request: int) -> BackendError:
        """Return the error of an answer that refuses."""
        if len(answer) != _REFUSAL.size:
            return BackendError(
                f"device {device} refuses {request_name(request)} with {len(answer)} bytes; expected {_REFUSAL.size}"
            )
        return cls(device, request, *_REFUSAL.unpack(answer))


def request_name(request: int) -> str:
    """Return how the protocol calls a type of request."""
    try:
        return RequestType(request).name
    except ValueError:
        return f"request {request}"


def _why(code: int, detail: int) -> str:
    if code not in WORDS:
        return f"for a reason that the protocol does not have, detail {detail}"
    return WORDS[Refusal(code)].format(detail=detail, section=SECTIONS.get(detail, f"of section {detail}"))
