"""Signals that ask a command to end: all of them do what Ctrl-C does, each with its own exit code.

SIGTERM is what SLURM, systemd and containers send before they kill; SIGHUP comes when a terminal or an ssh connection
is closed, and is ignored under ``nohup``. Code need not tell them apart: all raise KeyboardInterrupt.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

SECONDS_AS_ONE = 1.0
"""Signals that follow one another in less time count as one: systemd sends SIGHUP right after SIGTERM."""


class Interrupted(KeyboardInterrupt):
    """A signal that asks to end."""

    def __init__(self, number: signal.Signals):
        self.number = number
        super().__init__(number.name)


@contextmanager
def heeded() -> Iterator[None]:
    """Within the context each of the signals raises `Interrupted`; those that are ignored stay so.

    Outside the main thread it does nothing, as Python runs handlers of signals in that one alone.
    """
    if threading.current_thread() is not threading.main_thread():  # Python has signals in the main thread alone
        yield
        return
    raising = _Raising()
    heard = [s for s in ENDING if signal.getsignal(s) not in (signal.SIG_IGN, None)]
    before = {s: signal.signal(s, raising) for s in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Raising:
    """A handler of signals. It ignores a signal close after another, which would end the clean-up half way."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._last >= SECONDS_AS_ONE:
            self._last = now
            raise Interrupted(signal.Signals(number))


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """The exit code after an interrupt, as a shell has it: 128 and the signal's number; 130 after Ctrl-C."""
    number = interrupt.number if isinstance(interrupt, Interrupted) else signal.SIGINT
    return 128 + number
