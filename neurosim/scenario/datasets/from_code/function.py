"""A function that gives data, and the check of what it gave."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from neurosim.edges.foreign_errors import said
from neurosim.edges.values import shown, whole_array
from neurosim.errors import InputError, NeurosimError, SpecError
from neurosim.program.trial.stimuli import Events, Rows
from neurosim.scenario.datasets.dataset import Indices
from neurosim.scenario.datasets.samples import Samples


class DatasetFunction(Protocol):
    """A function that gives data; it is called with two arguments, and gives the same each time."""

    def __call__(self, folder: Path | None, steps: int | None, /) -> Samples:
        """All samples, in an order that never changes.

        Parameters
        ----------
        folder
            Where data sets are, as the user said with ``--data`` or ``NEUROSIM_DATA``; None if nothing was said.
        steps
            Time bins of a sample, as the scenario says; None if it says nothing. Of spikes alone: a function that gives
            an array of numbers for each sample gets what the scenario says as well, and the run then refuses it.
        """
        ...


def called(function: Any, folder: Path | None, steps: int | None, where: str) -> Samples:
    """What a function gives, checked.

    Parameters
    ----------
    where
        Begins the messages: what the function is in the user's words.

    Raises
    ------
    SpecError
        If it is no function, raises an exception, or gives something else than samples.
    """
    if not callable(function):
        raise SpecError(
            f"{where} is {shown(function)}; expected a function of a folder and of steps, which gives Samples"
        )
    try:
        given = function(folder, steps)
    except (NeurosimError, MemoryError) as error:
        raise error if isinstance(error, MemoryError) else SpecError(f"{where}: {error}") from None
    except (Exception, SystemExit) as error:
        raise SpecError(f"{where} ended in {said(error)}") from error
    try:
        return checked(given, steps)
    except InputError as error:
        raise SpecError(f"{where} gave {error}") from None


def checked(given: object, steps: int | None) -> Samples:
    """Samples with all their parts of the right type and shape.

    Raises
    ------
    InputError
        For what are no `Samples`, inputs that are no numbers in [0, 1] or spikes, labels or groups that are no whole
        numbers, and parts that differ in their number of samples.
    """
    if not isinstance(given, Samples):
        raise InputError(f"{shown(given)}, expected neurosim.scenario.datasets.Samples")
    rows = given.inputs if isinstance(given.inputs, Rows) else Rows(_inputs(given.inputs), what="inputs")
    _check_rows(rows, steps)
    count = len(rows)
    labels = _of_each(given.labels, "labels", count)
    groups = None if given.groups is None else _of_each(given.groups, "groups", count)
    return Samples(
        given.inputs if isinstance(given.inputs, (Rows, Events)) else rows,
        labels,
        _training(given.training, count),
        groups,
        _shape(given.shape, rows.shape[-1]),
        _names(given.class_names, labels),
    )


def _inputs(inputs: Any) -> Any:
    """The inputs, if they can be rows at all: what they hold is checked there."""
    if not isinstance(inputs, (np.ndarray, Events)):
        raise InputError(f"inputs of type {type(inputs).__name__}, expected an array, Events or Rows")
    return inputs


def _check_rows(rows: Rows, steps: int | None) -> None:
    if rows.is_events:
        if steps is not None and rows.shape[1] != steps:
            raise InputError(f"spikes in {rows.shape[1]} steps, expected {steps} as [data] steps says")
        return
    if len(rows.shape) != 2:
        raise InputError(f"inputs of shape {rows.shape}, expected (samples, units), or Events for spikes in time")
    if steps is not None:
        raise InputError(f"samples without time, but [data] steps = {steps}; leave steps out")
    low, high = rows.limits
    if len(rows) and not 0 <= low <= high <= 1:
        raise InputError(f"inputs from {low:g} to {high:g}, expected numbers in [0, 1]")


def _of_each(values: object, what: str, count: int) -> Indices:
    array = whole_array(values, what, least=0)
    if array.shape != (count,):
        raise InputError(f"{what} of shape {array.shape}, expected ({count},): one for each sample")
    return array


def _training(training: object, count: int) -> int | None:
    if training is None:
        return None
    if isinstance(training, bool) or not isinstance(training, (int, np.integer)) or not 0 < training < count:
        raise InputError(
            f"training = {shown(training)}, expected a number from 1 to {count - 1}: how many of {count} samples are "
            "for training, before those to test on"
        )
    return int(training)


def _shape(shape: object, units: int) -> tuple[int, ...] | None:
    if shape is None:
        return None
    sizes = tuple(whole_array(shape, "shape", least=1).ravel().tolist())
    if math.prod(sizes) != units:
        raise InputError(f"shape = {sizes}, expected one of {units} values, as a sample has")
    return sizes


def _names(names: object, labels: Indices) -> tuple[str, ...] | None:
    if names is None:
        return None
    classes = int(labels.max()) + 1 if len(labels) else 0
    if not isinstance(names, (tuple, list)) or not all(isinstance(n, str) for n in names):
        raise InputError(f"class_names = {shown(names)}, expected a text for each class")
    if len(names) != classes or len(set(names)) != classes:
        raise InputError(f"class_names = {shown(list(names))}, expected {classes} different texts, one for each class")
    return tuple(names)
