"""What is in the cache: which entries, how large and old they are, whether they may be used; and removing them.

An entry has a lock beside it, or a list of its files in it. Anything else that is below the root is not ours.
"""

from __future__ import annotations

import time
from pathlib import Path

from neurosim.backend.cache import digest
from neurosim.backend.cache.digest import AlteredEntry
from neurosim.backend.cache.entry import LOCK, PART, TITLE, Entry
from neurosim.backend.cache.place import root
from neurosim.backend.processes.locked_file import Held, LockedFile
from neurosim.edges.foreign_errors import said
from neurosim.errors import BackendError


def entries() -> list[Entry]:
    """All entries, by kind and key; also those of which there is a lock alone, as their build goes on or has failed."""
    homes = [home for home in root().glob("*") if home.is_dir()]
    keys = [(home, lock.name[: -len(LOCK)]) for home in homes for lock in home.glob(f"*{LOCK}")]
    keys += [(home, listed.parent.name) for home in homes for listed in home.glob(f"*/{digest.LIST}")]
    return [Entry(home.name, key) for home, key in sorted(set(keys)) if PART not in key]


def is_empty(entry: Entry) -> bool:
    """Whether there is nothing of it but a lock, which nobody holds."""
    return not (entry.exists or entry.parts() or is_held(entry))


def title(entry: Entry) -> str:
    """What an entry is of, as far as it says."""
    try:
        return (entry.folder / TITLE).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def size(entry: Entry) -> int:
    """Bytes of its files, and of what builds of it that died have left."""
    return sum(map(_bytes, (entry.folder, *entry.parts())))


def _bytes(top: Path) -> int:
    files = (p for p in (top, *top.rglob("*")) if p.is_file() and not p.is_symlink())
    return sum(p.stat().st_size for p in files)


def age(entry: Entry) -> float:
    """Seconds since it was last used, or its build began."""
    there = entry.folder if entry.exists else entry.lock
    return max(0.0, time.time() - there.lstat().st_mtime)


def state(entry: Entry) -> tuple[str, str]:
    """``sound``, ``damaged``, ``refused``, ``building`` or ``unfinished``, and why.

    ``unfinished`` is what a build that died has left behind.
    """
    if is_held(entry):
        return "building", "a process builds it now"
    if not entry.exists:
        return "unfinished", "its build died"
    try:
        entry.check()
    except AlteredEntry as damage:
        return "damaged", str(damage)
    except OSError as error:
        return "damaged", f"it cannot be read ({said(error)})"
    except BackendError as error:
        return "refused", str(error)
    return "sound", ""


def is_held(entry: Entry) -> bool:
    """Whether a process builds it."""
    if not entry.lock.is_file():
        return False
    try:
        LockedFile(entry.lock).release()
    except Held:
        return True
    except OSError:
        return False
    return False


def remove(entry: Entry) -> bool:
    """Remove an entry, and what builds of it that died have left; False where a process holds its lock.

    Raises
    ------
    BackendError
        If the cache cannot be written, or somebody else could have filled it.
    """
    try:
        with entry.locked(wait=0.0):
            entry.remove()
            entry.sweep()
            entry.lock.unlink()
    except Held:
        return False
    return True
