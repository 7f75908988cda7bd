"""Results as labelled arrays of xarray."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.edges.optional_packages import XARRAY, needed
from neurosim.program.schedule import Array
from neurosim.results.analysis.frames.populations import populations_of, rows_of
from neurosim.results.analysis.labelled import Label, LabelledResult, label_names
from neurosim.results.analysis.numbers import numbers_of
from neurosim.results.store.tables import metrics_after

if TYPE_CHECKING:
    import xarray

OF_SPIKES = ("run", "task", "stage", "trial", "neuron")


def to_xarray(runs: Sequence[LabelledResult]) -> xarray.Dataset:
    """Return accuracies over runs and tasks, all numbers over runs, and the spikes of each population as lists.

    Dimensions are ``run``, whose coordinates are the labels, ``after`` and ``tested``; ``curve.METRIC`` is over ``run``
    and ``after``. ``POPULATION.spikes`` has the step of each spike, with its run, task, stage, trial and neuron beside.
    Tasks count from 0; what a run does not have is NaN.

    Raises
    ------
    BackendUnavailable
        Where xarray is missing.
    InputError
        If a file of a run is damaged.
    """
    with needed(XARRAY, "to_xarray"):
        import xarray as xr
    tasks = max((len(run.result.accuracy_matrix) for run in runs), default=0)
    matrices = _stacked([run.result.accuracy_matrix for run in runs], (tasks, tasks))
    variables: dict[str, Any] = {"accuracy_matrix": (("run", "after", "tested"), matrices)}
    variables |= {f"curve.{n}": (("run", "after"), _stacked(v, (tasks,))) for n, v in _curves(runs).items()}
    variables |= {n: ("run", v) for n, v in _numbers(runs).items()}
    variables |= {f"{n}.spikes": _spikes(n, runs, xr) for n in _populations(runs)}
    heads = {n: ("run", _coordinate([run.labels.get(n, "") for run in runs])) for n in label_names(runs)}
    counted = {"run": np.arange(len(runs)), "after": np.arange(tasks), "tested": np.arange(tasks)}
    return xr.Dataset(variables, {**counted, **heads})


def _stacked(arrays: Sequence[Array], shape: tuple[int, ...]) -> Array:
    """Arrays of up to a shape one after the other, NaN where one is smaller."""
    stack = np.full((len(arrays), *shape), np.nan)
    for whole, array in zip(stack, arrays, strict=True):
        whole[tuple(slice(n) for n in array.shape)] = array
    return stack


def _curves(runs: Sequence[LabelledResult]) -> dict[str, list[Array]]:
    curves: dict[str, list[Array]] = {}
    for run in runs:
        r = run.result
        rows = [metrics_after(r.accuracy_matrix, r.samples, task) for task in range(len(r.accuracy_matrix))]
        for name in (n for n in rows[0] if n not in ("task", "accuracies")):
            curves.setdefault(name, []).append(np.array([row[name] for row in rows], np.float64))
    return curves


def _numbers(runs: Sequence[LabelledResult]) -> dict[str, Array]:
    found = [numbers_of(run.result) for run in runs]
    names = dict.fromkeys(n for numbers in found for n in numbers)
    return {n: np.array([numbers.get(n) for numbers in found], np.float64) for n in names}


def _coordinate(labels: Sequence[Label]) -> np.ndarray[Any, Any]:
    """Numbers where all are; else texts."""
    of_one_kind = len({type(label) for label in labels}) == 1
    return np.array(labels) if of_one_kind else np.array([str(label) for label in labels])


def _populations(runs: Sequence[LabelledResult]) -> list[str]:
    stages = (stage for run in runs for stage in run.result.stages)
    return list(dict.fromkeys(name for stage in stages for name, _ in populations_of(stage)))


def _spikes(population: str, runs: Sequence[LabelledResult], xr: Any) -> Any:
    parts = list(_parts(population, runs))
    joined = {n: np.concatenate([part[n] for part in parts]) for n in parts[0]}
    dimension = f"{population}.spike"
    coords = {f"{population}.{n}": (dimension, joined[n]) for n in OF_SPIKES}
    return xr.DataArray(joined["step"], dims=[dimension], coords=coords)


def _parts(population: str, runs: Sequence[LabelledResult]) -> Iterator[dict[str, Any]]:
    for number, run in enumerate(runs):
        for stage in run.result.stages:
            for name, events in populations_of(stage):
                if name == population:
                    where = {"run": number, "task": stage.task, "stage": str(stage.kind)}
                    yield {**{n: np.full(events.count, v) for n, v in where.items()}, **rows_of(events)}
