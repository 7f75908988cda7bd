"""What a device says of itself, and of what has happened to it."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from neurosim.errors import BackendError

VERSION = 1
"""Of the protocol that is spoken here."""

KINDS = {1: "mock", 2: "firmware", 3: "emulated", 4: "rtl", 5: "hardware"}
_IDENTITY = struct.Struct("<15I32s32s")
_HEALTH = struct.Struct("<8I")
IDENTITY_BYTES = _IDENTITY.size
"""Of the answer to a HELLO."""


@dataclass(frozen=True)
class BoardLimits:
    """The most that a device takes.

    Attributes
    ----------
    payload
        Bytes in a request or an answer.
    words, values, synapses
        Words of a program, values of all slots of all neurons, synapses of all matrices.
    groups, matrices, edges, phases, readings, stimuli
        How many there are in a program.
    """

    payload: int
    words: int
    values: int
    synapses: int
    groups: int
    matrices: int
    edges: int
    phases: int
    readings: int
    stimuli: int


@dataclass(frozen=True)
class DeviceIdentity:
    """What a device says of itself.

    Attributes
    ----------
    kind
        ``"mock"``, ``"firmware"``, ``"emulated"``, ``"rtl"`` or ``"hardware"``.
    boot_id
        Another one after each time that it was switched on.
    ticks_per_second
        Of its clock.
    trials
        That it has run since it was switched on.
    limits
        The most that it takes.
    name, serial
        Its name, and its serial number, which is empty if it has none.
    """

    kind: str
    boot_id: int
    ticks_per_second: int
    trials: int
    limits: BoardLimits
    name: str
    serial: str

    @classmethod
    def of(cls, answer: bytes, device: str) -> DeviceIdentity:
        """Decode the answer to a HELLO.

        Raises
        ------
        BackendError
            For an answer that is none, or is of another version of the protocol.
        """
        _check_length(answer, _IDENTITY, "HELLO", device)
        version, kind, boot_id, ticks, trials, *limits, name, serial = _IDENTITY.unpack(answer)
        if version != VERSION:
            raise BackendError(f"device {device} speaks version {version} of the protocol; expected {VERSION}")
        if kind not in KINDS:
            known = ", ".join(f"{number} {name}" for number, name in KINDS.items())
            raise BackendError(f"device {device} says that its kind is {kind}; expected one of {known}")
        if not ticks:
            raise BackendError(f"device {device} says that its clock has 0 ticks in a second; expected some")
        return cls(KINDS[kind], boot_id, ticks, trials, BoardLimits(*limits), _text(name), _text(serial))


@dataclass(frozen=True)
class Health:
    """What has happened since a device was switched on.

    Attributes
    ----------
    boot_id
        That of its `DeviceIdentity`.
    dropped, refused
        Frames that it dropped, and requests that it refused.
    trials, overruns
        Trials that it ran, and steps that took longer than they were to.
    program
        Checksum of the words of its program; 0 if there is none.
    ticks
        Its clock.
    """

    boot_id: int
    dropped: int
    refused: int
    trials: int
    overruns: int
    program: int
    ticks: int

    @classmethod
    def of(cls, answer: bytes, device: str) -> Health:
        """Decode the answer to a STATUS.

        Raises
        ------
        BackendError
            For an answer that is none.
        """
        _check_length(answer, _HEALTH, "STATUS", device)
        boot_id, dropped, refused, trials, overruns, program, lower, upper = _HEALTH.unpack(answer)
        return cls(boot_id, dropped, refused, trials, overruns, program, upper << 32 | lower)


def _check_length(answer: bytes, expected: struct.Struct, request: str, device: str) -> None:
    if len(answer) != expected.size:
        raise BackendError(f"device {device} answers {request} with {len(answer)} bytes; expected {expected.size}")


def _text(field: bytes) -> str:
    """Return what may be shown on a terminal."""
    text = field.rstrip(b"\0").decode(errors="replace")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
