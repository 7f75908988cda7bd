"""The C++ compiler: whether there is one, what it depends on, and how a Brian2 project is compiled fast.

Brian2's files are small and include the same large headers. So the headers are compiled once (a precompiled header),
and the files as two units: what runs in a step, and what surrounds it, which is not worth optimising.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from neurosim.errors import BackendError

FLAGS = (
    "-w", "-O3", "-march=native", "-std=c++17", "-fopenmp-simd",
    "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math",
)  # fmt: skip
"""Neither contraction to fused multiply-adds nor fast-math: each operation rounds as NumPy's does. Only sums that say
so (``omp simd reduction``, no threads) are added up in another order. Nobody reads errno or the processor's flags."""

_HEADERS = (
    "algorithm", "cassert", "climits", "cmath", "csignal", "cstdint", "cstdlib", "cstring", "ctime", "fstream",
    "iomanip", "iostream", "iterator", "limits", "map", "random", "set", "sstream", "string", "tuple", "vector",
)  # fmt: skip


def compiler() -> str | None:
    """Path of g++, or None."""
    return shutil.which("g++")


@lru_cache
def identity(gxx: str) -> str:
    """The compiler's version and what ``-march=native`` means on this CPU, as the compiler itself states them."""
    command = [gxx, *FLAGS, "-E", "-v", "-x", "c++", os.devnull]
    found = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
    return found.stderr


def version(gxx: str) -> str:
    """The line of `identity` that names the version."""
    return next((line for line in identity(gxx).splitlines() if " version " in line), "unknown")


def compile_headers(folder: Path) -> None:
    """Compile the standard library's headers, which every source includes and which take longer than the rest."""
    (folder / "all.h").write_text("".join(f"#include <{h}>\n" for h in _HEADERS))
    _call(folder, "-x", "c++-header", "all.h", "-o", "all.h.gch")


def compile_sources(folder: Path, units: Mapping[str, str]) -> None:
    """Compile and link units, the text of each by its name, to ``main``; nothing else that the compiler writes is left.

    Raises
    ------
    BackendError
        With the end of what the compiler printed.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(lambda name: _compile(folder, name, units[name]), units))
    _call(folder, *objects, "-o", "main")
    for left in ("all.h.gch", *objects):
        (folder / left).unlink()


def _compile(folder: Path, name: str, text: str) -> str:
    (folder / f"{name}.cpp").write_text(text)
    _call(folder, "-include", "all.h", "-c", f"{name}.cpp", "-o", f"{name}.o")
    return f"{name}.o"


def _call(folder: Path, *arguments: str) -> None:
    gxx = compiler() or "g++"
    result = subprocess.run([gxx, "-I.", *FLAGS, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BackendError(f"brian2: g++ failed on {arguments[-3]}:\n{result.stderr[-3000:]}")
