"""Labels and groups of own files: whole numbers, or texts that become 0, 1, ... in an order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, nearest
from neurosim.scenario.datasets.classes import check_classes
from neurosim.scenario.datasets.dataset import Indices
from neurosim.scenario.datasets.own.raw import Labels, first_true

LONGEST = 200
"""Characters of a label in text, at most."""

LARGEST = 2**63 - 1
"""The largest label and group."""

Place = Callable[[int], str]


def as_classes(
    name: str, labels: Labels, given: Sequence[str | int] | None, place: Place
) -> tuple[Indices, tuple[str, ...] | None]:
    """The class of each sample, shape (samples,), and what classes are called.

    Parameters
    ----------
    given
        The labels in the order of their classes; None for sorted texts, and for whole numbers that are classes.

    Raises
    ------
    NeurosimError
        For labels that are none, a class without a sample, and a label that is not among those given.
    """
    if isinstance(labels, list):
        _check_texts(labels, "label", place)
    least = 0 if given is None else -LARGEST  # those that are given may be any, such as -1 and 1
    known: list[str] | list[int] = labels if isinstance(labels, list) else whole(labels, "label", place, least).tolist()
    if not known:
        raise InputError("it has no sample")
    order = _order(known, given)
    if order is None:
        classes = np.array(known, dtype=np.int64)
        check_classes(name, classes, place)
        return classes, None
    classes = _mapped(known, order, place)
    absent = np.setdiff1d(np.arange(len(order)), classes)
    if len(absent):
        raise InputError(f"classes: no sample has the label {order[int(absent[0])]!r}")
    return classes, tuple(map(str, order))


def _order(labels: Sequence[str | int], given: Sequence[str | int] | None) -> Sequence[str | int] | None:
    kind = type(labels[0])
    if given is None:
        return sorted(set(labels)) if kind is str else None  # type: ignore[type-var]
    if {type(c) for c in given} != {kind} or len(set(given)) < len(given):
        words = "texts" if kind is str else "whole numbers"
        raise InputError(f"classes = {list(given)}; expected {words}, each once, as labels are {words}")
    return given


def _mapped(labels: Sequence[str | int], order: Sequence[str | int], place: Place) -> Indices:
    number = {label: k for k, label in enumerate(order)}
    try:
        return np.array([number[label] for label in labels], dtype=np.int64)
    except KeyError:
        k = next(k for k, label in enumerate(labels) if label not in number)
        hint = nearest(str(labels[k]), list(map(str, order)))
        raise InputError(f"{place(k)} has the label {labels[k]!r}, which classes does not have; {hint}") from None


def as_groups(groups: Labels | None, place: Place) -> Indices | None:
    """The group of each sample: whole numbers as they are, texts numbered in their order; shape (samples,).

    Raises
    ------
    InputError
        For groups that are none.
    """
    if groups is None or not isinstance(groups, list):
        return None if groups is None else whole(groups, "group", place)
    _check_texts(groups, "group", place)
    return np.unique(np.array(groups), return_inverse=True)[1].astype(np.int64)


def whole(values: NDArray[Any], what: str, place: Place, least: int = 0) -> Indices:
    """Whole numbers of at least `least`, one for each sample.

    Raises
    ------
    InputError
        Naming the first sample that has another.
    """
    if values.ndim != 1 or values.dtype.kind not in "fiu":
        raise InputError(f"{what}s are of type {values.dtype}, shape {values.shape}; expected a number for each sample")
    with np.errstate(invalid="ignore", over="ignore"):  # 2**63 is infinite in half precision
        wrong = ~((values >= least) & (np.floor(values) == values) & (values < 2.0**63))
    if wrong.any():
        (k,) = first_true(wrong)
        raise InputError(
            f"{place(k)} has the {what} {values[k]}; expected a whole number of at least {least}, below 2**63"
        )
    return values.astype(np.int64)


def _check_texts(texts: Sequence[str], what: str, place: Place) -> None:
    for k, text in enumerate(texts):
        if not text.strip() or len(text) > LONGEST or not text.isprintable():
            found = f"the {what} {text!r:.40}, {len(text):,} characters" if text.strip() else f"no {what}"
            raise InputError(f"{place(k)} has {found}; expected 1 to {LONGEST} that can be printed")
