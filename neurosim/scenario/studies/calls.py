"""A study as a call in Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from os import PathLike
from typing import Any

from neurosim.edges.files import path_of
from neurosim.edges.values import truth, whole_number
from neurosim.errors import NeurosimError
from neurosim.results.studies import Study
from neurosim.scenario.runs.submit.engine import Engine
from neurosim.scenario.runs.submit.own_processes import OwnProcesses
from neurosim.scenario.studies.request import requested
from neurosim.scenario.studies.running import StudyProgress, in_turn, through, unwatched


def run(
    study: str | PathLike[str] | Mapping[str, Any],
    *,
    seeds: int | str | Sequence[int] | None = None,
    backends: Sequence[str] | None = None,
    variants: Sequence[str] | None = None,
    grid: Mapping[str, Sequence[Any]] | None = None,
    settings: Mapping[str, Any] | None = None,
    jobs: int | Engine = 1,
    out: str | PathLike[str] | None = None,
    data: str | PathLike[str] | None = None,
    allow_code: bool = False,
) -> Study:
    """Run a study, or what its folder does not have yet, and give what the folder holds.

    Parameters
    ----------
    study
        The path of a scenario file, or its tables, with what they say of variants and of a grid.
    seeds
        Whole numbers of at least 0, or a text such as ``"0..9"``; by default those of the file.
    backends
        ``NAME`` or ``NAME:MODE`` each; by default those of the file.
    variants
        Names of variants; by default all of the file.
    grid
        The values of each setting by its key, in place of those of the file or beside them.
    settings
        One value of each setting by its key.
    jobs
        How many runs go on side by side, or an engine that runs them elsewhere.
    out
        The folder of the study; by default ``studies/NAME``.
    data
        Where data sets are.
    allow_code
        Whether Python code that a scenario names for its data may be executed.

    Returns
    -------
    Study
        The cells, and all runs that the folder holds.

    Raises
    ------
    NeurosimError
        For a mistake in the file or a value, before anything is written; and if runs fail, after the others have ended.
    """
    engine = _engine(jobs)
    request = requested(
        study,
        seeds=seeds,
        backends=backends,
        variants=variants,
        grid=grid,
        settings=settings,
        data_folder=None if data is None else path_of(data, "data ="),
        allow_code=truth(allow_code, "allow_code ="),
    )
    path = request.folder() if out is None else path_of(out, "out =")
    with request.opened(path) as directory:
        runs = request.runs(directory)
        rest = partial(in_turn, watching=unwatched) if engine is None else partial(through, engine)
        going = StudyProgress(directory, request, runs, rest)
        for _ in going:
            pass
    if going.failed:
        first = next(iter(going.failed))
        count = f"{len(going.failed)} of {len(runs)} runs failed"
        raise NeurosimError(f"{path}: {count}; {first}: {going.failed[first]}") from going.failed[first]
    return Study.read(path)


def _engine(jobs: int | Engine) -> Engine | None:
    if not isinstance(jobs, (int, float, str)):
        return jobs
    count = whole_number(jobs, "jobs =", least=1)
    return OwnProcesses(count) if count > 1 else None
