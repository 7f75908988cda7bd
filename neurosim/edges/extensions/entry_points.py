"""The entry points of a group, which are read again only where a folder of installed packages has changed."""

from __future__ import annotations

import importlib.metadata as metadata
import os
import sys
from functools import lru_cache
from importlib.metadata import EntryPoint


def installed(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group; none of their packages is imported."""
    return _found_in(tuple((folder, _changed(folder)) for folder in sys.path), group)


@lru_cache(maxsize=32)
def _found_in(folders: tuple[tuple[str, int], ...], group: str) -> tuple[EntryPoint, ...]:
    """The entry points, each once; to read them takes longer than to open a session."""
    return tuple(dict.fromkeys(metadata.entry_points(group=group)))


def _changed(folder: str) -> int:
    """When a folder got or lost an entry; 0 where there is none."""
    try:
        return os.stat(folder or ".").st_mtime_ns
    except OSError:
        return 0
