"""Domain-incremental tasks: the same outputs in every task, for inputs of another kind."""

from __future__ import annotations

import numpy as np

from neurosim.edges.values import number
from neurosim.errors import SpecError
from neurosim.model.randomness import stream
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.streams.pictures import picture_of
from neurosim.scenario.streams.task import Task, check_number, task_of
from neurosim.scenario.streams.transformations import Inversion, Permutation, Rotation, Transformation


def permuted(data: Dataset, tasks: int, permutation_seed: int = 0) -> list[Task]:
    """All classes in each task; task 0 shows samples as they are, each other one in an order of units of its own.

    Permuted MNIST (Goodfellow et al. 2013). The order of task k is from the stream ``permutation/k`` of
    `permutation_seed`.

    Raises
    ------
    SpecError
        For a number of tasks that is no whole number of at least 1.
    """
    check_number(tasks, "stream.tasks")
    return _all_classes(data, [None, *(permutation(data, permutation_seed, k) for k in range(1, tasks))])


def rotated(data: Dataset, tasks: int, angle: float) -> list[Task]:
    """All classes in each task; task k = 0, 1, ... shows images turned by k*angle degrees, counter-clockwise.

    Rotated MNIST, as in Lopez-Paz & Ranzato 2017, with angles that are even steps.

    Raises
    ------
    SpecError
        For samples that are no images, or a number of tasks that is no whole number of at least 1.
    """
    check_number(tasks, "stream.tasks")
    angle = number(angle, "stream.angle =", error=SpecError)
    return _all_classes(data, [None, *(rotation(data, k * angle, "stream.kind") for k in range(1, tasks))])


def permutation(data: Dataset, seed: int, task: int = 1) -> Permutation:
    """An order of the units from the stream ``permutation/TASK``: that of a task of `permuted` with this seed."""
    return Permutation(stream(seed, "permutation", task).permutation(data.units))


def rotation(data: Dataset, degrees: float, where: str) -> Rotation:
    """Images turned by so many degrees, counter-clockwise.

    Parameters
    ----------
    where
        The place in the scenario file that asks for it.

    Raises
    ------
    SpecError
        For samples that are no images.
    """
    if data.rows.is_events or picture_of(data) is None:
        what = "spikes in time" if data.rows.is_events else f"{data.units} values"
        kind = "image" if data.shape else "square image"
        raise SpecError(f"{where} = 'rotated': a sample of data set {data.name} has {what}, no {kind}; use 'permuted'")
    return Rotation(degrees, data.shape)


def inversion(data: Dataset, where: str) -> Inversion:
    """Light for dark, of samples that are arrays of numbers.

    Parameters
    ----------
    where
        The place in the scenario file that asks for it.

    Raises
    ------
    SpecError
        For spikes in time.
    """
    if data.rows.is_events:
        raise SpecError(
            f"{where} = 'inverted': a sample of data set {data.name} has spikes in time, no numbers; use 'permuted'"
        )
    return Inversion()


def odd_even(data: Dataset) -> list[Task]:
    """Two classes a task, 2k and 2k + 1; the network has two outputs, 0 for even classes and 1 for odd ones.

    Split MNIST as a domain-incremental scenario (van de Ven & Tolias 2019).

    Raises
    ------
    SpecError
        If the number of classes is odd.
    """
    if data.classes % 2:
        raise SpecError(
            f"stream.kind = 'odd-even': data set {data.name} has {data.classes} classes, expected an even number; "
            "use 'class-incremental'"
        )
    pairs = [(2 * k, 2 * k + 1) for k in range(data.classes // 2)]
    return [task_of(data, k, np.isin(data.labels, pair), pair, outputs=(0, 1)) for k, pair in enumerate(pairs)]


def _all_classes(data: Dataset, transformations: list[Transformation | None]) -> list[Task]:
    everything, classes = np.ones(len(data.labels), dtype=bool), tuple(range(data.classes))
    return [task_of(data, k, everything, classes, t) for k, t in enumerate(transformations)]
