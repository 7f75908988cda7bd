"""The standard library's headers, which every source includes: compiled once for all programs, and kept in the cache.

GCC takes compiled headers that lie beside the headers named by ``-include``, if they are of this compiler and of these
flags; else it reads the headers themselves.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neurosim.backend import cache
from neurosim.backend.processes.leash import Leashed
from neurosim.errors import BackendError
from neurosim_brian2.building import compiler

COMPILED = f"{compiler.HEADERS}.gch"

_HEADERS = (
    "algorithm", "cassert", "climits", "cmath", "csignal", "cstdint", "cstdlib", "cstring", "ctime", "fstream",
    "iomanip", "iostream", "iterator", "limits", "map", "random", "set", "sstream", "string", "tuple", "vector",
)  # fmt: skip

_TEXT = "".join(f"#include <{header}>\n" for header in _HEADERS)


def compiled() -> Path:
    """The file of the compiled headers, in the cache; they take longer than all the rest of a program.

    Raises
    ------
    BackendError
        If the compiler fails, with the end of what it printed, or as `cache.artefact`.
    """
    gxx = compiler.compiler() or "g++"
    parts = [compiler.identity(gxx), *compiler.FLAGS, _TEXT]
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
    return cache.artefact("brian2-headers", key, _compile, compiler.version(gxx)) / COMPILED


@contextmanager
def placed(folder: Path, found: Path) -> Iterator[None]:
    """A context in which sources in a folder can include the compiled headers, by a link to them."""
    (folder / compiler.HEADERS).write_text(_TEXT)
    link = folder / COMPILED
    link.symlink_to(found)
    yield
    link.unlink()


def _compile(folder: Path) -> None:
    """In the session's process, so the compiler is leashed to that."""
    (folder / compiler.HEADERS).write_text(_TEXT)
    none = subprocess.DEVNULL
    command = compiler.command("-x", "c++-header", compiler.HEADERS, "-o", COMPILED)
    try:
        started = Leashed(command, cwd=folder, stdin=none, stdout=none, stderr=subprocess.PIPE)
    except OSError as error:
        raise BackendError(f"brian2: {command[0]} cannot be started: {error.strerror}") from None
    try:
        _, errors = started.process.communicate()
    finally:
        started.end(0)
    if started.process.returncode:
        raise BackendError(f"brian2: g++ failed on {compiler.HEADERS}:\n{errors.decode(errors='replace')[-3000:]}")
