"""Texts in TOML that others made: what is too large or too deep is refused before it is read."""

from __future__ import annotations

import re
import sys
from itertools import islice
from pathlib import Path
from typing import Any

from neurosim.edges import files
from neurosim.errors import SpecError, nearest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LONGEST = 2**24
"""The most bytes of a file."""

DEEPEST = 30
"""The most tables and lists within each other; files of neurosim have no more than six."""

TOO_DEEP = f"more than {DEEPEST} tables and lists are within each other"


def text_of(path: Path) -> str:
    """The text of a file; a byte order mark is no part of it.

    Raises
    ------
    SpecError
        For what is no file, is longer than `LONGEST`, or is no text in UTF-8.
    """
    try:
        return files.content(path, LONGEST).decode("utf-8-sig")
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}; {_files_nearby(path)}") from None
    except UnicodeDecodeError as error:
        raise SpecError(f"{path}: not TOML: not text in UTF-8 ({error.reason} at byte {error.start})") from None


def _files_nearby(path: Path) -> str:
    try:
        folder = path.parent if path.parent.is_dir() else Path()
        return nearest(path.name, [p.name for p in islice(folder.glob("*.toml"), 1000)])
    except OSError:  # a folder that cannot be listed, or a name that is too long
        return "check the path"


def document(text: str) -> dict[str, Any]:
    """Tables and values of a TOML text.

    Raises
    ------
    SpecError
        If it is none, has more than `DEEPEST` tables and lists within each other, or a whole number beyond 64 bits.
    """
    if _has_endless_key(text):
        raise SpecError(f"not TOML: {TOO_DEEP}")
    try:
        tables = tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise SpecError(f"not TOML: {TOO_DEEP}") from None
    except ValueError as error:  # of TOML, or of a number that has too many digits
        raise SpecError(f"not TOML: {error}") from None
    unchecked: list[tuple[Any, tuple[Any, ...]]] = [(tables, ())]
    while unchecked:
        value, place = unchecked.pop()
        if len(place) > DEEPEST:
            raise SpecError(TOO_DEEP)
        if isinstance(value, (dict, list)):
            unchecked += [(v, (*place, k)) for k, v in (value.items() if isinstance(value, dict) else enumerate(value))]
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise SpecError(f"'{'.'.join(map(str, place))}': a whole number of TOML has at most 64 bits")
    return tables


def _has_endless_key(text: str) -> bool:
    """Whether a key has more than 500 parts: a TOML reader takes time with the cube of their number."""
    run = 0
    for part in text.split("."):
        run = run + 1 if len(part) < 100 and _PART_OF_A_KEY.fullmatch(part) else 0
        if run > 500:
            return True
    return False


_PART_OF_A_KEY = re.compile(r"""\s*["']?[\w-]*["']?\s*""")
