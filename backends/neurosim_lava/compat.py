"""lava-nc 0.10.0 on Python >= 3.11 and NumPy >= 2.4, without a change to its files; call `install` first."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

VARIABLES = "lava.magma.compiler.var_model"


def install() -> None:
    """Import the two modules of Lava that newer versions refuse, mended."""
    if VARIABLES not in sys.modules:
        with _hashable_dataclasses(VARIABLES):
            importlib.import_module(VARIABLES)
    port = importlib.import_module("lava.magma.core.process.ports.ports").ReshapePort
    port.get_transform_func_fwd = lambda self: partial(_reshape, shape=self.shape)
    port.get_transform_func_bwd = lambda self: partial(_reshape, shape=self.old_shape)


@contextmanager
def _hashable_dataclasses(module: str) -> Iterator[None]:
    """The module has instances of its dataclasses as defaults; Python 3.11 takes them only if they are hashable."""
    original = dataclasses.dataclass

    def dataclass(cls: Any = None, /, **options: Any) -> Any:
        def decorate(cls: Any) -> Any:
            extra = {"unsafe_hash": True} if cls.__module__ == module else {}
            return original(**(extra | options))(cls)

        return decorate if cls is None else decorate(cls)

    dataclasses.dataclass = dataclass
    try:
        yield
    finally:
        dataclasses.dataclass = original


def _reshape(array: Any, shape: tuple[int, ...]) -> Any:
    """Lava says ``newshape=``, which NumPy 2.4 no longer knows."""
    return np.reshape(array, shape)
