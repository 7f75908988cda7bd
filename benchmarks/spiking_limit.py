"""A sparse spiking network in C (`spiking_limit.c`), which rounds as neurosim does."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

import c_limit
import numpy as np
from hand_written.spiking_network import (
    DECAY,
    DECAY_EXC,
    DECAY_INH,
    GAIN_EXC,
    GAIN_INH,
    REFRACTORY,
    THETA,
    Activity,
    Rows,
    SpikingNetwork,
)

SOURCE = Path(__file__).parent / "spiking_limit.c"
ROUNDING = ("-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")


class CRows(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_void_p) for name in ("starts", "post", "weights"))


class Cell(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_double)
        for name in ("decay", "decay_exc", "decay_inh", "gain_exc", "gain_inh", "rest", "theta", "refractory")
    )


def runner(network: SpikingNetwork) -> Callable[[], Activity]:
    """What runs a network of currents that does not learn."""
    library = c_limit.compiled(SOURCE, ROUNDING)
    library.run.restype = ctypes.c_int64
    cell = Cell(DECAY, DECAY_EXC, DECAY_INH, GAIN_EXC, GAIN_INH, 1 - DECAY, THETA, REFRACTORY - 1)
    rows = [_as_c(r) for r in (network.exc, network.inh)]
    most = network.cells * (network.steps // REFRACTORY + 1) + 1

    def run() -> Activity:
        spikes, starts = np.empty(most, np.int32), np.empty(network.steps + 1, np.int64)
        arrays = map(_place, (network.current, spikes, starts))
        total = library.run(network.cells, network.steps, cell, *rows, *arrays)
        steps = np.repeat(np.arange(network.steps), np.diff(starts))
        return Activity(steps, spikes[:total].astype(np.int64), network.exc.weights)

    return run


def _as_c(rows: Rows) -> CRows:
    return CRows(*map(_place, (rows.starts, rows.post, rows.weights)))


def _place(array: Any) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)
