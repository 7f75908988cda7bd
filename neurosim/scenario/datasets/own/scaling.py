"""y = (x - low)/(high - low): numbers of own files in [0, 1]; what bytes can hold stays bytes, with a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError
from neurosim.program.memory.footprint import NUMBER, MemoryPart, check_memory
from neurosim.program.schedule import Array
from neurosim.program.trial.stimuli import Rows
from neurosim.scenario.datasets.dataset import Indices
from neurosim.scenario.datasets.own.labels import Place
from neurosim.scenario.datasets.own.raw import first_true

BYTES = 256
FIXED = {"none": (0.0, 1.0), "bytes": (0.0, 255.0)}
"""Scalings whose range the data do not decide."""
FROM_DATA = ("minmax", "minmax-all")

Numbers = NDArray[Any]
Scaling = str | tuple[float, float]
"""One of `FIXED` and `FROM_DATA`, or low and high."""


def scaled(inputs: Numbers, scaling: Scaling, train: Indices, place: Place) -> Rows:
    """Inputs in [0, 1].

    Parameters
    ----------
    inputs
        Shape (samples, units).
    scaling
        ``none`` takes numbers as they are, ``bytes`` divides them by 255, (low, high) maps these to 0 and 1: numbers
        outside are errors. ``minmax`` takes the range of each unit, ``minmax-all`` that of all, from the training part
        alone: in other parts what lies outside becomes 0 or 1. A unit that is the same in all of it is 0.
    train
        Indices of the training part.

    Raises
    ------
    InputError
        Naming the first number that does not fit, and the scalings that would.
    """
    _check_finite(inputs, place)
    if scaling == "minmax":
        check_memory([MemoryPart("inputs that are scaled", NUMBER * inputs.size)], "the data set")
        low, high = (f(inputs[train], axis=0).astype(np.float64) for f in (np.min, np.max))
        return Rows(np.where(high > low, _within(inputs, low, np.where(high > low, high, low + 1.0)), 0.0))
    if scaling == "minmax-all":
        low, high = float(inputs[train].min()), float(inputs[train].max())
        if not low < high:
            raise InputError(f"scaling = 'minmax-all': all numbers to train on are {low:g}")
        return _rows(inputs, low, high)
    low, high = FIXED[scaling] if isinstance(scaling, str) else scaling
    _check_range(inputs, low, high, scaling, place)
    return _rows(inputs, low, high)


def _rows(inputs: Numbers, low: float, high: float) -> Rows:
    """One range for all; whole numbers up to 255 and truth of bytes stay in bytes."""
    if inputs.dtype.kind in "iu" and inputs.min() >= 0 and inputs.max() < BYTES:
        return Rows(inputs.astype(np.uint8, copy=False), table=_within(np.arange(BYTES), low, high))
    if (low, high) == FIXED["none"]:
        return Rows(inputs)
    check_memory([MemoryPart("inputs that are scaled", NUMBER * inputs.size)], "the data set")
    return Rows(_within(inputs, low, high))


def _within(x: Numbers, low: float | Array, high: float | Array) -> Array:
    x = x.astype(np.float64)
    with np.errstate(over="ignore"):  # of numbers beyond the range, which become 0 or 1
        if not (is_finite := np.isfinite(np.subtract(high, low))).all():
            part = np.where(is_finite, 1.0, 0.5)  # halves of numbers that large are exact, and have a finite range
            x, low, high = x * part, low * part, high * part
        return np.asarray(np.clip((x - low) / (high - low), 0.0, 1.0))


def _check_finite(inputs: Numbers, place: Place) -> None:
    if inputs.dtype.kind == "f" and not np.isfinite(inputs).all():
        row, unit = first_true(~np.isfinite(inputs))
        raise InputError(f"{place(row)}, input {unit} is {inputs[row, unit]}; expected finite numbers")


def _check_range(inputs: Numbers, low: float, high: float, scaling: Scaling, place: Place) -> None:
    with np.errstate(over="ignore"):
        wrong = (inputs < low) | (inputs > high)
    expected = f"numbers from {low:g} to {high:g}"
    if scaling == "bytes" and inputs.dtype.kind == "f":
        wrong |= np.floor(inputs) != inputs
        expected = "whole numbers from 0 to 255"
    if wrong.any():
        row, unit = first_true(wrong)
        raise InputError(
            f"{place(row)}, input {unit} is {inputs[row, unit]}; scaling = {_said(scaling)} expects {expected}, and "
            f"all are from {inputs.min()} to {inputs.max()}: {_fitting(inputs)} would fit"
        )


def _said(scaling: Scaling) -> str:
    return f"'{scaling}'" if isinstance(scaling, str) else f"{{ low = {scaling[0]:g}, high = {scaling[1]:g} }}"


def _fitting(inputs: Numbers) -> str:
    low, high = float(inputs.min()), float(inputs.max())
    whole = inputs.dtype.kind in "iu" and 0 <= low <= high < BYTES
    names = ["'minmax'", *["'minmax-all'"] * (low < high), *["'bytes'"] * whole]
    return " or ".join([*names, *[_said((low, high))] * (low < high)])
