"""Results as tidy tables of pandas: a row an observation, with the labels of its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.edges.optional_packages import PANDAS, needed
from neurosim.program.schedule import Array
from neurosim.results.analysis.frames.populations import populations_of, rows_of
from neurosim.results.analysis.labelled import LabelledResult, label_names
from neurosim.results.analysis.numbers import Number, numbers_of
from neurosim.results.result import Result
from neurosim.results.store.tables import metrics_after

if TYPE_CHECKING:
    import pandas

Columns = dict[str, Any]
"""Values by column: arrays of one length, or one value for all rows."""

SPIKE_COLUMNS = ("task", "stage", "population", "trial", "step", "neuron")
WEIGHT_COLUMNS = ("task", "stage", "array", "row", "column", "value")


def to_pandas(runs: Sequence[LabelledResult], *, weights: bool = False) -> dict[str, pandas.DataFrame]:
    """Return tables by name, each with the labels of the runs in its first columns; tasks count from 0.

    ``runs`` has a row a run with all its numbers, ``accuracies`` a row for each pair of tasks, ``curves`` one for each
    task trained with the metrics until then, ``spikes`` one a spike, and ``weights``, where it is asked for, one for
    each value of a learned array after each stage.

    Raises
    ------
    BackendUnavailable
        Where pandas is missing.
    InputError
        If a file of a run is damaged.
    """
    with needed(PANDAS, "to_pandas"):
        import pandas  # noqa: F401
    of_each: dict[str, tuple[Callable[[Result], Iterator[Columns]], Sequence[str]]] = {
        "runs": (_numbers, ()),
        "accuracies": (_accuracies, ("after", "tested", "accuracy")),
        "curves": (_curves, ("task",)),
        "spikes": (_spikes, SPIKE_COLUMNS),
    }
    if weights:
        of_each["weights"] = (_weights, WEIGHT_COLUMNS)
    return {name: _table(runs, rows, columns) for name, (rows, columns) in of_each.items()}


def _table(
    runs: Sequence[LabelledResult], rows: Callable[[Result], Iterator[Columns]], columns: Sequence[str]
) -> pandas.DataFrame:
    import pandas as pd

    parts = [_labelled(run, part) for run in runs for part in rows(run.result)]
    parts = [part for part in parts if len(part)]  # an empty one would take the types of columns away
    if not parts:
        return pd.DataFrame(columns=[*label_names(runs), *columns])
    whole = pd.concat(parts, ignore_index=True)
    heads = label_names(runs)
    return whole[[*heads, *(c for c in whole.columns if c not in heads)]]


def _labelled(run: LabelledResult, columns: Columns) -> pandas.DataFrame:
    import pandas as pd

    length = max((len(v) for v in columns.values() if isinstance(v, np.ndarray)), default=1)
    return pd.DataFrame({**run.labels, **columns}, index=range(length))


def _numbers(result: Result) -> Iterator[Columns]:
    yield _without_none(numbers_of(result))


def _accuracies(result: Result) -> Iterator[Columns]:
    after, tested = np.indices(result.accuracy_matrix.shape).reshape(2, -1)
    yield {"after": after, "tested": tested, "accuracy": result.accuracy_matrix.ravel()}


def _curves(result: Result) -> Iterator[Columns]:
    for task in range(len(result.accuracy_matrix)):
        found = metrics_after(result.accuracy_matrix, result.samples, task)
        yield _without_none({n: v for n, v in found.items() if n != "accuracies"})


def _without_none(numbers: Mapping[str, Number]) -> Columns:
    """Numbers, NaN in place of None, so that a column has numbers only."""
    return {n: np.nan if v is None else v for n, v in numbers.items()}


def _spikes(result: Result) -> Iterator[Columns]:
    for stage in result.stages:
        for population, events in populations_of(stage):
            yield {"task": stage.task, "stage": str(stage.kind), "population": population, **rows_of(events)}


def _weights(result: Result) -> Iterator[Columns]:
    for stage in result.stages:
        for name in stage.learned:
            where = {"task": stage.task, "stage": str(stage.kind), "array": name}
            yield {**where, **_values(stage.learned[name])}


def _values(array: Array) -> Columns:
    """Row and column of each value; one axis alone is that of rows, as of a neuron's bias."""
    flat = array.reshape(len(array), -1)
    row, column = np.indices(flat.shape).reshape(2, -1)
    return {"row": row, "column": column, "value": flat.ravel()}
