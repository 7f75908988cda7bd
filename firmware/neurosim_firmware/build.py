"""The reference device as a program of this computer, and of an emulated board: compiled once, kept in the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from neurosim.backend import cache
from neurosim.errors import BackendError, BackendUnavailable

COMPILERS = ("cc", "gcc", "g++", "clang", "c++")
FLAGS = ("-O3", "-march=native")

ARM_COMPILER = "arm-none-eabi-gcc"
ARM_FLAGS = (
    "-mcpu=cortex-m3", "-mthumb", "-O2", "-ffreestanding", "-fno-tree-loop-distribute-patterns", "-nostdlib", "-lgcc",
)  # fmt: skip
"""No library of C, only what the compiler brings for divisions of 64 bits; and no call of memset in memset."""

_SOURCES = Path(__file__).parent
_DEVICE = _SOURCES / "device"
_HOST = _SOURCES / "boards" / "host.c"
_MPS2 = _SOURCES / "boards" / "mps2"


def host_device() -> Path:
    """Path of the device as a process.

    Raises
    ------
    BackendUnavailable
        If there is no compiler.
    BackendError
        If it fails, or the cache cannot be written.
    """
    identity = _identity(compiler(), FLAGS)
    return _kept("device", identity, compile_device, "the reference device as a process")


def board_image() -> Path:
    """Path of the device as an image of Arm's MPS2 board with a Cortex-M3, for QEMU's machine ``mps2-an385``.

    Raises
    ------
    BackendUnavailable
        If there is no compiler for it.
    BackendError
        If it fails, or the cache cannot be written.
    """
    identity = _identity(arm_compiler(), ARM_FLAGS)
    return _kept("mps2.elf", identity, compile_image, "the reference device for mps2-an385")


def compile_device(binary: Path, flags: Sequence[str] = FLAGS) -> None:
    """Compile the device as a process; `flags` may set sizes, such as ``-DSYNAPSES=1000``.

    Raises
    ------
    BackendUnavailable
        If there is no compiler.
    BackendError
        With the end of what the compiler printed.
    """
    _compile(compiler(), binary, [str(_HOST)], flags)


def compile_image(image: Path, flags: Sequence[str] = ARM_FLAGS) -> None:
    """Compile the device for the board.

    Raises
    ------
    BackendUnavailable
        If there is no compiler for it.
    BackendError
        With the end of what the compiler printed.
    """
    board = [*map(str, sorted(_MPS2.glob("*.c"))), "-include", str(_MPS2 / "sizes.h"), "-T", str(_MPS2 / "mps2.ld")]
    _compile(arm_compiler(), image, board, flags)


def compiler() -> str:
    """Path of the compiler for this computer.

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


def arm_compiler() -> str:
    """Path of the compiler for the board.

    Raises
    ------
    BackendUnavailable
        If there is none.
    """
    found = shutil.which(ARM_COMPILER)
    if found is None:
        raise BackendUnavailable(
            f"the device on an emulated board needs {ARM_COMPILER} and qemu-system-arm; "
            "install Debian's packages gcc-arm-none-eabi and qemu-system-arm"
        )
    return found


def _compile(command: str, result: Path, board: Sequence[str], flags: Sequence[str]) -> None:
    folders = [_DEVICE, *sorted(p for p in _DEVICE.iterdir() if p.is_dir())]
    sources = [*(f"-I{folder}" for folder in folders), *map(str, sorted(_DEVICE.rglob("*.c"))), *board]
    words = [command, *sources, *flags, "-o", str(result)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackendError(f"the device: {command} failed:\n{done.stderr[-3000:]}")


def _kept(name: str, identity: str, build: Callable[[Path], None], title: str) -> Path:
    """A file of the cache, which depends on the compiler and on all sources."""
    key = hashlib.sha256(f"{name}\n{identity}".encode())
    for source in sorted(p for p in _SOURCES.rglob("*") if p.suffix in (".c", ".h", ".ld")):
        key.update(str(source.relative_to(_SOURCES)).encode() + b"\0" + source.read_bytes())
    return cache.artefact("firmware", key.hexdigest()[:32], lambda folder: build(folder / name), title) / name


@lru_cache
def _identity(path: str, flags: tuple[str, ...]) -> str:
    """The compiler's version and what its flags mean on this processor, as it states them itself."""
    command = [path, *flags, "-E", "-v", "-x", "c", os.devnull]
    described = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    return described.stderr
