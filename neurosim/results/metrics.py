"""Metrics of continual learning, from the accuracy matrix R[i, j]: accuracy on task j after training task i.

R has the shape (tasks, tasks), T is the number of tasks, and indices begin at 1 in the equations. What a matrix does
not define, as transfer in a single task, is None and never a number.

`OF_A_RUN` are those that every run has: a metric that is added to it is in tables, JSON, reports and on the page.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurosim.edges.values import finite_array
from neurosim.errors import InputError
from neurosim.program.schedule import Array
from neurosim.results.metric import Metric


def pooled_accuracy(matrix: Array, samples: Sequence[int]) -> float:
    """sum_j n_j R[T, j] / sum_j n_j: accuracy after the last task with every test sample counted once.

    Source: usual for class-incremental tasks with one output layer, as in van de Ven & Tolias 2019.

    Parameters
    ----------
    matrix
        R, fractions from 0 to 1, shape (tasks, tasks).
    samples
        n, the test samples of each task, shape (tasks,).

    Raises
    ------
    InputError
        If an argument has another shape or a value that is not finite, or if n has a negative number or none above 0.
    """
    matrix, counts = _square(matrix), _of_each_task(samples, matrix)
    if not (counts >= 0).all() or not counts.sum() > 0:
        raise InputError(f"samples {samples}; expected numbers of at least 0, and one above")
    return float(np.average(matrix[-1], weights=counts))


def average_accuracy(matrix: Array) -> float:
    """ACC = 1/T sum_j R[T, j].

    Source: Lopez-Paz & Ranzato 2017, Gradient episodic memory for continual learning.

    Parameters
    ----------
    matrix
        R, fractions from 0 to 1, shape (tasks, tasks).

    Raises
    ------
    InputError
        If R has another shape or a value that is not finite.
    """
    return float(_square(matrix)[-1].mean())


def average_incremental_accuracy(matrix: Array) -> float:
    """AIA = 1/T sum_i (1/i sum_{j<=i} R[i, j]).

    Source: Rebuffi et al. 2017, iCaRL, who pool the samples of the classes so far: the same where all tasks have as
    many.

    Parameters
    ----------
    matrix
        R, fractions from 0 to 1, shape (tasks, tasks).

    Raises
    ------
    InputError
        If R has another shape or a value that is not finite.
    """
    return float(np.mean([row[: i + 1].mean() for i, row in enumerate(_square(matrix))]))


def backward_transfer(matrix: Array) -> float | None:
    """BWT = 1/(T-1) sum_{j<T} (R[T, j] - R[j, j]); None for a single task.

    Source: Lopez-Paz & Ranzato 2017.

    Parameters
    ----------
    matrix
        R, fractions from 0 to 1, shape (tasks, tasks).

    Raises
    ------
    InputError
        If R has another shape or a value that is not finite.
    """
    matrix = _square(matrix)
    return _mean(matrix[-1, :-1] - np.diag(matrix)[:-1])


def backward_transfer_of_all_rows(matrix: Array) -> float | None:
    """BWT = 2/(T(T-1)) sum_{i>1} sum_{j<i} (R[i, j] - R[j, j]); None for a single task.

    The other convention: over every later row, not the last alone.

    Source: Diaz-Rodriguez, Lomonaco et al. 2018, Don't forget, there is more than forgetting.

    Parameters
    ----------
    matrix
        R, fractions from 0 to 1, shape (tasks, tasks).
    """
    later, tasks = np.tril_indices(len(matrix), -1)
    return _mean(matrix[later, tasks] - np.diag(matrix)[tasks])


def forgetting(matrix: Array) -> float | None:
    """F = 1/(T-1) sum_{j<T} (max_{i<T} R[i, j] - R[T, j]); None for a single task.

    The best of all earlier rows, so also of those before task j was trained.

    Source: Chaudhry et al. 2018, Riemannian walk for incremental learning.

    Parameters
    ----------
    matrix
        R, fractions from 0 to 1, shape (tasks, tasks).

    Raises
    ------
    InputError
        If R has another shape or a value that is not finite.
    """
    matrix = _square(matrix)
    if len(matrix) < 2:
        return None
    return _mean(matrix[:-1, :-1].max(axis=0) - matrix[-1, :-1])


def forgetting_of_learned(matrix: Array) -> float | None:
    """F = 1/(T-1) sum_{j<T} (max_{j<=i<T} R[i, j] - R[T, j]); None for a single task.

    The best of the rows since task j was trained; at most `forgetting`. They differ where tasks are alike, as permuted
    and rotated ones: then a task may be known better before it is trained than after.

    Source: the convention of continuum (Douillard & Lesort 2021).

    Parameters
    ----------
    matrix
        R, fractions from 0 to 1, shape (tasks, tasks).
    """
    if len(matrix) < 2:
        return None
    since = np.where(np.tri(len(matrix), dtype=bool), matrix, -np.inf)
    return _mean(since[:-1, :-1].max(axis=0) - matrix[-1, :-1])


def forgetting_since_learned(matrix: Array) -> float | None:
    """-BWT = 1/(T-1) sum_{j<T} (R[j, j] - R[T, j]); None for a single task.

    The other convention: from the accuracy right after the task, not from the best so far; at most `forgetting`.

    Source: the negative of BWT in Lopez-Paz & Ranzato 2017; what Avalanche (Lomonaco et al. 2021) calls forgetting.

    Parameters
    ----------
    matrix
        R, fractions from 0 to 1, shape (tasks, tasks).

    Raises
    ------
    InputError
        If R has another shape or a value that is not finite.
    """
    matrix = _square(matrix)
    return _mean(np.diag(matrix)[:-1] - matrix[-1, :-1])


def forward_transfer(matrix: Array, untrained: Sequence[float] | Array) -> float | None:
    """FWT = 1/(T-1) sum_{j>1} (R[j-1, j] - r_j); None for a single task.

    Source: Lopez-Paz & Ranzato 2017.

    Parameters
    ----------
    matrix
        R, fractions from 0 to 1, shape (tasks, tasks).
    untrained
        r, accuracies of the network with its initial weights on each task, shape (tasks,).

    Raises
    ------
    InputError
        If an argument has another shape or a value that is not finite.
    """
    matrix = _square(matrix)
    return _mean(np.diag(matrix, 1) - _of_each_task(untrained, matrix)[1:])


def intransigence(matrix: Array, joint: Sequence[float] | Array) -> float:
    """I = 1/T sum_j (r*_j - R[j, j]).

    Source: Chaudhry et al. 2018, who give r*_j - R[j, j] of one task j.

    Parameters
    ----------
    matrix
        R, fractions from 0 to 1, shape (tasks, tasks).
    joint
        r*, accuracies on each task of a network that was trained on it together with all before it, shape (tasks,).

    Raises
    ------
    InputError
        If an argument has another shape or a value that is not finite.
    """
    matrix = _square(matrix)
    return float((_of_each_task(joint, matrix) - np.diag(matrix)).mean())


def _square(matrix: Array) -> Array:
    """The accuracy matrix as an array; InputError for another shape, or values that are no finite numbers."""
    checked = finite_array(matrix, "accuracy matrix")
    if checked.ndim != 2 or checked.shape[0] != checked.shape[1] or not checked.size:
        raise InputError(f"accuracy matrix of shape {checked.shape}; expected (tasks, tasks)")
    return checked


def _of_each_task(values: Sequence[float] | Array, matrix: Array) -> Array:
    """Values of each task as an array; InputError for another shape, or values that are no finite numbers."""
    checked = finite_array(values, "values of each task")
    if checked.shape != (len(matrix),):
        raise InputError(f"values of shape {checked.shape}, expected ({len(matrix)},): one for each task")
    return checked


def _mean(differences: Array) -> float | None:
    """The mean; None of no differences."""
    return float(differences.mean()) if len(differences) else None


OF_A_RUN: tuple[Metric, ...] = (
    Metric(
        "accuracy",
        "sum_j n_j R[T, j] / sum_j n_j",
        "every test sample counts once",
        pooled_accuracy,
        label="accuracy of all samples after the last task",
        short="... % of all classes",
        function_name="pooled_accuracy",
    ),
    Metric(
        "average_accuracy",
        "1/T sum_j R[T, j]",
        "Lopez-Paz & Ranzato 2017",
        lambda matrix, samples: average_accuracy(matrix),
        label="ACC: mean of the tasks after the last",
        short="ACC",
        line="usual",
    ),
    Metric(
        "average_incremental_accuracy",
        "1/T sum_i (1/i sum_{j<=i} R[i, j])",
        "Rebuffi et al. 2017",
        lambda matrix, samples: average_incremental_accuracy(matrix),
        label="AIA: mean of the tasks so far, averaged over time",
        short="AIA",
        line="usual",
    ),
    Metric(
        "backward_transfer",
        "1/(T-1) sum_{j<T} (R[T, j] - R[j, j])",
        "Lopez-Paz & Ranzato 2017",
        lambda matrix, samples: backward_transfer(matrix),
        label="BWT: of the last row",
        short="BWT",
        line="usual",
    ),
    Metric(
        "backward_transfer_of_all_rows",
        "2/(T(T-1)) sum_{i>1} sum_{j<i} (R[i, j] - R[j, j])",
        "Diaz-Rodriguez et al. 2018",
        lambda matrix, samples: backward_transfer_of_all_rows(matrix),
        label="BWT: of all rows",
        short="BWT of all rows",
        line="other",
    ),
    Metric(
        "forgetting",
        "1/(T-1) sum_{j<T} (max_{i<T} R[i, j] - R[T, j])",
        "Chaudhry et al. 2018",
        lambda matrix, samples: forgetting(matrix),
        label="forgetting: from the best so far",
        short="forgetting",
        line="usual",
    ),
    Metric(
        "forgetting_of_learned",
        "1/(T-1) sum_{j<T} (max_{j<=i<T} R[i, j] - R[T, j])",
        "continuum (Douillard & Lesort 2021)",
        lambda matrix, samples: forgetting_of_learned(matrix),
        label="forgetting: from the best since it was trained",
        short="forgetting of learned",
        line="other",
    ),
)
"""The metrics of every run, in the order of its files."""


def values(metrics: Sequence[Metric], matrix: Array, samples: Sequence[int]) -> dict[str, float | None]:
    """Metrics of a run by name.

    Parameters
    ----------
    matrix
        R, fractions from 0 to 1, shape (tasks, tasks).
    samples
        n, the test samples of each task.

    Raises
    ------
    InputError
        As of the metrics.
    """
    return {metric.name: metric.of(matrix, samples) for metric in metrics}
