"""Graphs of NIR in Norse and in snnTorch, step by step."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nir
import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
SPIKING = ("LIF", "IF", "CubaLIF")


def norse(file: Path, stimulus: NDArray[np.float64], dt: float, reset: str = "value") -> dict[str, Bools]:
    """Spikes of each neuron node in Norse, of shape (steps, neurons)."""
    import norse.torch.utils.import_nir as imports
    import torch
    from norse.torch.functional import reset as resets

    logging.disable(logging.WARNING)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    single, imports._to_tensor = imports._to_tensor, _in_float64  # Norse reads parameters as float32
    try:
        method = getattr(resets, f"reset_{reset}")
        module = imports.from_nir(nir.read(file), dt=dt, ignore_warnings=True, reset_method=method).double()
        return run(module, stimulus, spikes_of=[n for n, k in kinds(file).items() if k in SPIKING])
    finally:
        imports._to_tensor = single
        torch.set_default_dtype(before)
        logging.disable(logging.NOTSET)


def snntorch(file: Path, stimulus: NDArray[np.float64]) -> Bools:
    """Spikes of the last layer in snnTorch, whose step is 0.1 ms and spikes are float32, of shape (steps, neurons)."""
    from snntorch.import_nir import import_from_nir

    with contextlib.redirect_stdout(io.StringIO()):
        module = import_from_nir(nir.read(file))
    return run(module, stimulus.astype(np.float32))["out"]


def _in_float64(values: Any) -> Any:
    import torch

    return values if isinstance(values, torch.Tensor) else torch.as_tensor(np.asarray(values, dtype=np.float64))


def kinds(file: Path) -> dict[str, str]:
    return {name: type(node).__name__ for name, node in nir.read(file).nodes.items()}


def run(module: Any, stimulus: NDArray[np.floating], spikes_of: list[str] | None = None) -> dict[str, Bools]:
    """What modules put out in each step, where it is not 0, and under ``out`` what comes of all."""
    import torch

    found: dict[str, list[Bools]] = {"out": []}

    def kept(name: str) -> Callable[..., None]:
        def hook(_: Any, __: Any, out: Any) -> None:
            found.setdefault(name, []).append((out[0] if isinstance(out, tuple) else out).numpy().ravel() != 0)

        return hook

    modules = dict(module.named_modules())
    for name in spikes_of or []:
        modules[name.replace(".", "_")].register_forward_hook(kept(name))
    state = None
    with torch.no_grad():
        for step in torch.tensor(stimulus):
            out, state = module(step[None], state)
            found["out"].append(out.numpy().ravel() != 0)
    return {name: np.array(rows) for name, rows in found.items()}
