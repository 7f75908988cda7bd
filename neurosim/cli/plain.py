"""Output that any terminal can show: characters that its encoding lacks become plain ones."""

from __future__ import annotations

import codecs
import io
import sys

HANDLER, NAMES = "neurosim.plain", "neurosim.plain-with-names"
"""Names of the error handlers, as `codecs` knows them."""

INSTEAD = {"strict": HANDLER, "backslashreplace": HANDLER, "surrogateescape": NAMES}
"""The handler that takes the place of each of Python's own; the last is that of POSIX locales."""

PLAIN = {"µ": "u", "±": "+-", "─": "-", "≥": ">=", "≤": "<=", "×": "x", "→": "->", "…": "~"}  # noqa: RUF001
"""What is written in place of characters that neurosim prints; all others are written as Python escapes them."""


def plainly(error: UnicodeError) -> tuple[str, int]:
    """What is written in place of characters that cannot be encoded, and where encoding goes on.

    Raises
    ------
    UnicodeError
        The error itself, if it is not one of encoding.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in bad), error.end


def with_names(error: UnicodeError) -> tuple[str | bytes, int]:
    """`plainly`, a character at a time; but names of files that are no text are written as the bytes that they are.

    Raises
    ------
    UnicodeError
        The error itself, if it is not one of encoding.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    first = error.object[error.start]
    if "\udc80" <= first <= "\udcff":
        return bytes([ord(first) - 0xDC00]), error.start + 1
    return plainly(UnicodeEncodeError(error.encoding, error.object, error.start, error.start + 1, error.reason))


def make_streams_plain() -> None:
    """Let stdout and stderr write what they can, and plain characters for the rest."""
    codecs.register_error(HANDLER, plainly)
    codecs.register_error(NAMES, with_names)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in INSTEAD:
            stream.reconfigure(errors=INSTEAD[stream.errors])
