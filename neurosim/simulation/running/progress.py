"""A line of text that shows how much of a simulation is done, in terminals and notebooks."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Literal, TextIO

from neurosim.backend.contract import Progress
from neurosim.edges.values import shown
from neurosim.errors import InputError

BAR: Literal["bar"] = "bar"

DELAY = 2.0
"""Seconds before the line appears: what is quicker needs none."""

CELLS = 30


@contextmanager
def told(progress: Progress | Literal["bar"] | None) -> Iterator[Progress | None]:
    """What is to be told of progress, for a context in which something is simulated.

    Raises
    ------
    InputError
        For what cannot be called.
    """
    if isinstance(progress, str) and progress == BAR:
        line = _Line(_stream())
        try:
            yield line
        finally:
            line.clear()
    elif progress is None or callable(progress):
        yield progress
    else:
        raise InputError(f"simulate: progress = {shown(progress)}; expected 'bar', or a function of (done, total)")


def _stream() -> TextIO | None:
    """Where a line can be drawn over the one before it."""
    if "ipykernel" in sys.modules:
        return sys.stdout
    return sys.stderr if sys.stderr.isatty() else None


class _Line:
    def __init__(self, stream: TextIO | None):
        self._stream, self._begun, self._width = stream, time.monotonic(), 0

    def __call__(self, done: int, total: int) -> None:
        took = time.monotonic() - self._begun
        if self._stream is None or not done or took < DELAY:
            return
        share = done / max(total, 1)
        full = round(share * CELLS)
        left = timedelta(seconds=round(took * (1 - share) / share))
        text = f"{'━' * full}{' ' * (CELLS - full)} {share:4.0%}  {timedelta(seconds=round(took))}, {left} left"
        self._stream.write(f"\r{text:<{self._width}}")
        self._stream.flush()
        self._width = len(text)

    def clear(self) -> None:
        if self._stream is not None and self._width:
            self._stream.write(f"\r{'':<{self._width}}\r")
            self._stream.flush()
