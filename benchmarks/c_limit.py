"""Equilibrium propagation in C (`limit.c`), compiled for this machine with every freedom a compiler has."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from works import RELAXATION, Learned, Sizes, Work, arrays_of, named, rates, sizes_of

SOURCE = Path(__file__).parent / "limit.c"


class Dynamics(ctypes.Structure):
    _fields_ = (
        ("steps_free", ctypes.c_int),
        ("steps_nudged", ctypes.c_int),
        ("eps", ctypes.c_double),
        ("beta", ctypes.c_double),
    )


def compiled(source: Path = SOURCE, freedom: Sequence[str] = ("-ffast-math",)) -> ctypes.CDLL:
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "limit.so"
        flags = ("-O3", "-march=native", *freedom, "-shared", "-fPIC")
        subprocess.run(["gcc", *flags, str(source), "-o", str(library)], check=True)
        return ctypes.CDLL(str(library))


def train(library: ctypes.CDLL, work: Work) -> Learned:
    """What a work of `ep_training` learns, by the limit."""
    sizes: Sizes = sizes_of(work.name.removeprefix("ep-train-"))
    inputs, targets = (np.asarray(work.trials.stimuli[n]) for n in ("input.s", "output.target"))
    weights, biases = ([a.copy() for a in part] for part in arrays_of(work.learned, sizes))
    r = RELAXATION
    library.train(
        len(inputs),
        len(sizes) - 1,
        (ctypes.c_int * len(sizes))(*sizes),
        Dynamics(int(r["free"]), int(r["nudged"]), r["eps"], r["beta"]),
        *map(_pointer, (np.array([lr / r["beta"] for lr in rates(sizes)]), inputs, targets)),
        *map(_pointers, (weights, biases)),
    )
    return named((weights, biases), sizes)


def _pointer(array: Any) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_double))


def _pointers(arrays: list[Any]) -> Any:
    return (ctypes.POINTER(ctypes.c_double) * len(arrays))(*map(_pointer, arrays))
