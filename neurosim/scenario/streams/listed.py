"""Tasks that are listed one by one: each has its own classes, samples, groups, transformation and outputs.

Tasks may be of unequal size, and may have classes and samples in common. A sample that several tasks show counts as
often as it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import SpecError, nearest
from neurosim.model.randomness import stream
from neurosim.scenario.datasets import Dataset, Indices
from neurosim.scenario.datasets.split import evenly_mixed
from neurosim.scenario.streams.task import Task, task_of
from neurosim.scenario.streams.transformations import Transformation


@dataclass(frozen=True)
class ListedTask:
    """What is asked of a task; what is None asks for nothing.

    Parameters
    ----------
    classes
        Its classes, by their numbers or names; None for all that it has samples of.
    groups
        Only samples of these groups.
    samples, fraction
        At most so many training samples, or this fraction of them.
    transformation
        As in `Task`.
    outputs
        The output that each of `classes` excites.
    """

    classes: tuple[int | str, ...] | None = None
    groups: tuple[int, ...] | None = None
    samples: int | None = None
    fraction: float | None = None
    transformation: Transformation | None = None
    outputs: tuple[int, ...] | None = None


def place_of(index: int) -> str:
    """Where a task stands in the scenario file."""
    return f"stream.task.{index}"


def listed(data: Dataset, asked: Sequence[ListedTask], labels: Mapping[str, int] | None = None) -> list[Task]:
    """The tasks that are asked for, in their order.

    Training samples are reduced class by class: those that are kept come first in an order of all samples from the
    stream ``stream/samples`` of seed 0, so fewer are a part of more, and tasks that share a class share its first ones.

    Parameters
    ----------
    labels
        The output of some classes, by their numbers or names, in every task that has no outputs of its own.

    Raises
    ------
    SpecError
        For classes or groups that the data do not have, another number of outputs than of classes, and a class without
        a sample to train on; it names the key.
    """
    said = {}
    for name, output in (labels or {}).items():
        key = f"stream.labels.{name}"
        said[class_of(data, name, key)] = output, key
    return [_task(data, k, one, said) for k, one in enumerate(asked)]


Said = Mapping[int, tuple[int, str]]
"""The output that a class excites, and the key that says so."""


def _task(data: Dataset, index: int, asked: ListedTask, labels: Said) -> Task:
    where = place_of(index)
    belongs = _in_groups(data, asked.groups, where)
    classes = _present(data, belongs) if asked.classes is None else _classes(data, asked.classes, where)
    outputs, keys = _outputs(asked, classes, labels, where)
    belongs = belongs & np.isin(data.labels, classes)
    whole = task_of(data, index, belongs, classes, asked.transformation, outputs, where)
    _check_trained(data, whole, asked)
    return replace(whole, train=_first(data, whole, asked), keys=keys)


def _in_groups(data: Dataset, groups: tuple[int, ...] | None, where: str) -> NDArray[np.bool_]:
    """Which samples are of some groups, shape (samples,); all where none are asked for."""
    if groups is None:
        return np.ones(len(data.labels), dtype=bool)
    if data.groups is None:
        raise SpecError(
            f"{where}.groups = {list(groups)}: data set {data.name} does not say which group a sample is of; leave "
            "groups out"
        )
    known = np.unique(data.groups).tolist()
    for group in groups:
        if group not in known:
            raise SpecError(
                f"{where}.groups = {list(groups)}: data set {data.name} has no group {group}; "
                f"nearest group: {min(known, key=lambda g: abs(g - group))}"
            )
    return np.isin(data.groups, groups)


def _present(data: Dataset, belongs: NDArray[np.bool_]) -> tuple[int, ...]:
    """The classes of samples that are used."""
    used = np.concatenate([data.train, data.validation, data.test])
    return tuple(np.unique(data.labels[used[belongs[used]]]).tolist())


def _classes(data: Dataset, asked: tuple[int | str, ...], where: str) -> tuple[int, ...]:
    classes = tuple(class_of(data, c, f"{where}.classes") for c in asked)
    for k, c in enumerate(classes):
        if c in classes[:k]:
            raise SpecError(f"{where}.classes = {list(asked)}: class {asked[k]!r} is there twice; expected each once")
    return classes


def class_of(data: Dataset, named: int | str, where: str) -> int:
    """The class of a number or a name; a text of digits is a number where no class is called so.

    Raises
    ------
    SpecError
        If there is no such class.
    """
    names = data.class_names or ()
    if named in names:
        return names.index(str(named))
    number = int(named) if isinstance(named, int) or (named.isascii() and named.isdigit() and len(named) < 19) else None
    if number is not None and 0 <= number < data.classes:
        return number
    if number is None and names:
        raise SpecError(f"{where}: data set {data.name} has no class {named!r}; {nearest(str(named), names)}")
    what = "whose classes have no names" if number is None else f"has no class {number}"
    closest = "" if number is None else f"; nearest class: {min(max(number, 0), data.classes - 1)}"
    found = f"{named!r}: data set {data.name}, {what}" if number is None else f"data set {data.name} {what}"
    raise SpecError(f"{where}: {found}; expected classes from 0 to {data.classes - 1}{closest}")


def _outputs(
    asked: ListedTask, classes: tuple[int, ...], labels: Said, where: str
) -> tuple[tuple[int, ...] | None, tuple[str, ...]]:
    """The output of each class, None for those of their own numbers; and the keys that say so."""
    if asked.outputs is None:
        said = [labels.get(c, (c, f"{where}.classes")) for c in classes]
        return tuple(output for output, _ in said) if labels else None, tuple(key for _, key in said)
    if len(asked.outputs) != len(classes):
        raise SpecError(
            f"{where}.outputs has {len(asked.outputs)} outputs, expected {len(classes)}: one for each of the classes "
            f"{list(classes)}"
        )
    return asked.outputs, (f"{where}.outputs",) * len(classes)


def _check_trained(data: Dataset, task: Task, asked: ListedTask) -> None:
    """Refuse a task without a training sample, or with a class that has none."""
    key = "groups" if asked.groups is not None else "classes"
    here = "" if asked.groups is None else f" in groups {list(asked.groups)}"
    missing = [c for c in task.classes if c not in data.labels[task.train]] if asked.classes is not None else []
    if missing or not len(task.train):
        of = f" of class {', '.join(map(str, missing))}" if missing else ""
        raise SpecError(f"{task.where}.{key}: data set {data.name} has no training sample{of}{here}; expected some")


def _first(data: Dataset, task: Task, asked: ListedTask) -> Indices:
    """The training samples that are kept, ascending."""
    key = "samples" if asked.samples is not None else "fraction"
    share = len(task.train) if asked.fraction is None else round(asked.fraction * len(task.train))
    kept = share if asked.samples is None else min(asked.samples, len(task.train))
    labels = data.labels[task.train]
    if kept < (least := len(np.unique(labels))):
        raise SpecError(
            f"{task.where}.{key} = {getattr(asked, key)}: that keeps {kept} of {len(task.train)} training samples, "
            f"expected at least {least}, one for each class"
        )
    rank = stream(0, "stream", "samples").permutation(len(data.labels))
    mixed = evenly_mixed(labels, np.argsort(rank[task.train]))
    return np.sort(task.train[mixed[:kept]])
