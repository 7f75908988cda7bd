"""Asks a board what it is, how long a request takes, and whether it has room for a network; nothing is run on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from neurosim.device.board.backend import BoardBackend
from neurosim.device.board.link.hello import BoardLimits, DeviceIdentity, Health
from neurosim.device.board.support import refuse_inexact, refuse_too_large
from neurosim.device.host_learning.loop import run_by_device
from neurosim.errors import ModelError, UnsupportedFeature
from neurosim.program.program import Program

CALLS = 100
"""Round trips that are timed."""


@dataclass(frozen=True)
class BoardProbe:
    """What a board says.

    Attributes
    ----------
    identity, health
        What it is, and what has happened to it.
    seconds
        What each of some requests without a payload took.
    refused
        By the mode of a network: why the board cannot run it; an empty text where it can.
    """

    identity: DeviceIdentity
    health: Health
    seconds: tuple[float, ...]
    refused: Mapping[str, str]


def probed(backend: BoardBackend, programs: Mapping[str, Program], calls: int = CALLS) -> BoardProbe:
    """Ask a board.

    Parameters
    ----------
    programs
        Of a network, by its modes.
    calls
        How many round trips are timed.

    Raises
    ------
    BackendUnavailable
        If something that its link needs is not installed.
    BackendError
        If it cannot be reached, or does not answer.
    """
    board = backend.boards.open()
    try:
        health = board.calls.status()
        seconds = tuple(_round_trip(board.calls.status) for _ in range(calls))
    finally:
        backend.boards.close(board)
    limits = board.identity.limits
    refused = {mode: _refusal(backend, program, limits) for mode, program in programs.items()}
    return BoardProbe(board.identity, health, seconds, refused)


def _round_trip(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def _refusal(backend: BoardBackend, program: Program, limits: BoardLimits) -> str:
    try:
        image = refuse_inexact(run_by_device(program, backend.loops.of(program.mode)), f"{backend.name}:{backend.mode}")
        refuse_too_large(image, limits, backend.name)
    except (ModelError, UnsupportedFeature) as refusal:
        return str(refusal)
    return ""
