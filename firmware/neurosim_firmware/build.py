"""The reference device as a program of this computer, compiled once by whatever compiler of C or C++ there is."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from neurosim.backend import cache
from neurosim.errors import BackendError, BackendUnavailable

COMPILERS = ("cc", "gcc", "g++", "clang", "c++")
FLAGS = ("-O3", "-march=native")
BINARY = "device"

_SOURCES = Path(__file__).parent
_DEVICE = _SOURCES / "device"
_HOST = _SOURCES / "boards" / "host.c"


def host_device() -> Path:
    """Path of the binary that is the device as a process; the first call compiles it, later ones find it in the cache.

    Raises
    ------
    BackendUnavailable
        If there is no compiler.
    BackendError
        If it fails, or the cache cannot be written.
    """
    key = hashlib.sha256(_identity(compiler()).encode())
    for source in [*_files("*.[ch]"), _HOST]:
        key.update(source.name.encode() + b"\0" + source.read_bytes())
    folder = cache.artefact("firmware", key.hexdigest()[:32], _build, "the reference device as a process")
    return folder / BINARY


def compile_device(binary: Path, flags: Sequence[str] = FLAGS) -> None:
    """Compile the device as a process; `flags` may set sizes, such as ``-DSYNAPSES=1000``.

    Raises
    ------
    BackendUnavailable
        If there is no compiler.
    BackendError
        With the end of what the compiler printed.
    """
    folders = [_DEVICE, *sorted(p for p in _DEVICE.iterdir() if p.is_dir())]
    command = [compiler(), *flags, *(f"-I{folder}" for folder in folders), *map(str, _files("*.c")), str(_HOST)]
    done = subprocess.run([*command, "-o", str(binary)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackendError(f"the device: {command[0]} failed:\n{done.stderr[-3000:]}")


def compiler() -> str:
    """Path of the compiler.

    Raises
    ------
    BackendUnavailable
        If there is none.
    """
    found = next(filter(None, map(shutil.which, COMPILERS)), None)
    if found is None:
        raise BackendUnavailable(
            f"the device needs a compiler, one of {', '.join(COMPILERS)}; install one, such as Debian's package gcc"
        )
    return found


def _build(folder: Path) -> None:
    compile_device(folder / BINARY)


def _files(pattern: str) -> list[Path]:
    return sorted(_DEVICE.rglob(pattern))


@lru_cache
def _identity(path: str) -> str:
    """The compiler's version and what its flags mean on this processor, as it states them itself."""
    command = [path, *FLAGS, "-E", "-v", "-x", "c", os.devnull]
    described = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    return described.stderr
