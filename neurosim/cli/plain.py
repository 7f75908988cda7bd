"""Output that any terminal can show: characters that its encoding lacks become plain ones."""

from __future__ import annotations

import codecs
import io
import sys

HANDLER = "neurosim.plain"
"""Name of the error handler, as `codecs` knows it."""

PLAIN = {"µ": "u", "±": "+-", "─": "-", "≥": ">=", "≤": "<=", "×": "x", "→": "->", "…": "~"}  # noqa: RUF001
"""What stands in place of characters of ours; all others are written as Python escapes them."""


def plainly(error: UnicodeError) -> tuple[str, int]:
    """What is written in place of characters that cannot be encoded, and where encoding goes on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in bad), error.end


def make_streams_plain() -> None:
    """Let stdout and stderr write what they can, unless they have a way of their own with names that are no text."""
    codecs.register_error(HANDLER, plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "backslashreplace"):
            stream.reconfigure(errors=HANDLER)
