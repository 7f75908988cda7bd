"""Which arrays of a file are inputs and labels: what the scenario names, else what has a usual name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurosim.errors import InputError
from neurosim.scenario.datasets.own.archives import Archive, Numbers
from neurosim.scenario.datasets.own.raw import Labels, RawSamples, check_lengths, row, row_of_parts

INPUTS = ("x", "X", "data", "inputs", "features")
LABELS = ("y", "Y", "target", "targets", "labels", "label", "class", "classes")
TRAIN, TEST = ("x_train", "y_train"), ("x_test", "y_test")
"""Names of inputs and labels of files with a published test part."""

Names = str | Sequence[str] | None
"""Of one array, or of those of the training part and of the published test part; None where they are to be found."""


def samples_in(archive: Archive, inputs: Names, labels: Names, groups: Names) -> RawSamples[Numbers]:
    """The samples of a file with arrays by name.

    Raises
    ------
    InputError
        For a name that is not there, or cannot be found, and arrays that do not go together.
    """
    if not archive.names:
        raise InputError("it has no array")
    x, y = _named(archive, inputs, "inputs", 0), _named(archive, labels, "labels", 1)
    g = () if groups is None else _listed(archive, groups, "groups")
    if len(x) != len(y) or len(g) not in (0, len(x)):
        raise InputError(f"inputs are {list(x)}, labels {list(y)}, groups {list(g)}; expected as many names of each")
    parts = [_part(archive, *names) for names in zip(x, y, g or [None] * len(x), strict=True)]
    if len(parts) == 1:
        [(numbers, of_labels, of_groups)] = parts
        return RawSamples(numbers, of_labels, of_groups, None, row)
    if len({numbers.shape[1:] for numbers, _, _ in parts}) > 1:
        raise InputError(
            f"'{x[1]}' has rows of shape {parts[1][0].shape[1:]}, expected {parts[0][0].shape[1:]} as '{x[0]}' has"
        )
    first = len(parts[0][0])
    together = [joined(list(both)) for both in zip(*(p[1:] for p in parts), strict=True)]
    return RawSamples(
        np.concatenate([numbers for numbers, _, _ in parts]), together[0], together[1] if g else None, first,
        row_of_parts(x, first),
    )  # fmt: skip


def _part(archive: Archive, x: str, y: str, g: str | None) -> tuple[Numbers, Labels, Labels]:
    """Inputs, labels and groups of the same samples; without groups, the labels stand for them."""
    numbers, labels = archive.numbers(x), archive.read(y)
    groups = labels if g is None else archive.read(g)
    if numbers.ndim < 2:
        raise InputError(f"'{x}' has shape {numbers.shape}; expected (samples, values)")
    for name, values in ((y, labels), (g, groups)):
        if name is not None and not isinstance(values, list) and values.ndim != 1:
            raise InputError(f"'{name}' has shape {values.shape}; expected one for each sample")
    check_lengths({x: len(numbers), y: len(labels)} | ({} if g is None else {g: len(groups)}))
    return numbers, labels, groups


def joined(parts: list[Labels]) -> Labels:
    """Labels of several parts, one after the other.

    Raises
    ------
    InputError
        If some are texts and some numbers.
    """
    texts = [p for p in parts if isinstance(p, list)]
    if texts and len(texts) < len(parts):
        raise InputError("labels are texts in one part and numbers in the other; expected one kind")
    return (
        [text for part in texts for text in part]
        if texts
        else np.concatenate([p for p in parts if not isinstance(p, list)])
    )


def label_name(archive: Archive, labels: str | None) -> str:
    """The name of the labels, where there is no published test part."""
    return _named(archive, labels, "labels", 1)[0]


def _named(archive: Archive, names: Names, key: str, which: int) -> tuple[str, ...]:
    if names is not None:
        return _listed(archive, names, key)
    published = (TRAIN[which], TEST[which])
    usual = [n for n in (INPUTS, LABELS)[which] if n in archive.names]
    if set(published) <= set(archive.names) and not usual:
        return published
    if len(usual) != 1:
        found = f"'{usual[0]}' and '{usual[1]}' both could be" if usual else "no array has a usual name"
        raise InputError(f'{key} is missing, and {found}; say {key} = "NAME", one of {_some(archive.names)}')
    return (usual[0],)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")


def _listed(archive: Archive, names: str | Sequence[str], key: str) -> tuple[str, ...]:
    listed = (names,) if isinstance(names, str) else tuple(names)
    if len(listed) not in (1, 2):
        raise InputError(f"{key} = {list(listed)}; expected one name, or those of the training and the test part")
    return tuple(archive.known(name, key) for name in listed)
