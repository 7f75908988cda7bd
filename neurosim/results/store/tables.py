"""Files for readers: accuracies, metrics, result and arrays, written anew from the phases whenever they change.

A run is not restored from them; only the result of a finished run is read from its file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.edges import atomic, format_version
from neurosim.program.schedule import Array
from neurosim.results import metrics
from neurosim.results.metric import Metric
from neurosim.results.result import Result
from neurosim.results.store import checksummed, phases

ACCURACIES, METRICS, RESULT, ARRAYS = "accuracy_matrix.csv", "metrics.jsonl", "result.json", "arrays.h5"

PLAIN = ("scenario", "seed", "backend", "mode", "kind", "part", "classes", "samples")
"""Attributes of a `Result` that are written as they are."""

SIZES = ("buffer_bits", "raw_bits")
"""Attributes of a `Result` that follow from its stages."""


def write_accuracies(folder: Path, rows: Sequence[Sequence[float]]) -> None:
    """Write ``accuracy_matrix.csv``: a row for each task trained, a column for each task tested; tasks count from 1.

    Parameters
    ----------
    rows
        R[i, j]: accuracy on task j after task i, fractions from 0 to 1, shape (tasks trained, tasks).

    Raises
    ------
    OSError
        If it cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["after_task", *(f"task_{j + 1}" for j in range(len(rows[0])))])
    table.writerows([i + 1, *row] for i, row in enumerate(rows))
    atomic.write(folder / ACCURACIES, text.getvalue().encode(), forced=False)


def write_metrics(
    folder: Path, rows: Sequence[Sequence[float]], samples: Sequence[int], further: Sequence[Metric] = ()
) -> None:
    """Write ``metrics.jsonl``: a line for each task trained, with the metrics of the tasks until then.

    Parameters
    ----------
    rows
        R[i, j]: accuracy on task j after task i, fractions from 0 to 1, shape (tasks trained, tasks).
    samples
        The test samples of each task, shape (tasks,).
    further
        Metrics of other packages that a line has, too.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    matrix = np.array(rows)
    lines = [json.dumps(metrics_after(matrix, samples, i, further)) + "\n" for i in range(len(rows))]
    atomic.write(folder / METRICS, "".join(lines).encode(), forced=False)


def metrics_after(matrix: Array, samples: Sequence[int], task: int, further: Sequence[Metric] = ()) -> dict[str, Any]:
    """The metrics of the tasks until one of them, from 0, by their names.

    Parameters
    ----------
    matrix
        R[i, j]: accuracy on task j after task i, fractions from 0 to 1, shape (tasks trained, tasks).
    samples
        The test samples of each task, shape (tasks,).
    """
    matrix, samples = matrix[: task + 1, : task + 1], samples[: task + 1]
    return {
        "task": task,
        "accuracies": matrix[-1].tolist(),
        **metrics.values(metrics.OF_A_RUN, matrix, samples),
        **further_metrics(metrics.values(further, matrix, samples)),
    }


def further_metrics(values: Mapping[str, float | None]) -> dict[str, Any]:
    """The entry of a document for metrics of other packages; none where there are none."""
    return {"further_metrics": dict(values)} if values else {}


def write_arrays(folder: Path, files: Sequence[str]) -> None:
    """Write ``arrays.h5``: for each stage of the result a group ``stage_i``, a link to the file of its phase.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with h5py.File(ARRAYS, "w", driver="core", backing_store=False) as links:
        for i, file in enumerate(files):
            links[f"stage_{i}"] = h5py.ExternalLink(file, "/")
        links.flush()
        atomic.write(folder / ARRAYS, links.id.get_file_image())


def write_result(folder: Path, result: Result, files: Sequence[str], version: int) -> None:
    """Write ``result.json``: settings, accuracies and stages, each with its file; no times.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    document = {
        "neurosim_run": version,
        **{n: getattr(result, n) for n in PLAIN},
        **metrics.values(metrics.OF_A_RUN, result.accuracy_matrix, result.samples),
        **{n: getattr(result, n) for n in SIZES},
        **further_metrics(result.further_metrics),
        "versions": dict(result.versions),
        "counts": {kind: dict(counts) for kind, counts in result.counts.items()},
        "accuracy_matrix": result.accuracy_matrix.tolist(),
        "stages": [
            {n: getattr(s, n) for n in phases.PLAIN}
            | {"counts": dict(s.counts), "ledger": [asdict(e) for e in s.ledger], "file": file}
            for s, file in zip(result.stages, files, strict=True)
        ],
    }
    checksummed.write_json(folder / RESULT, document)


def read_result(folder: Path, version: int) -> dict[str, Any]:
    """The document in ``result.json``.

    Raises
    ------
    AlteredFile
        If it is missing, or not as it was written.
    InputError
        If it is of another format.
    """
    document, _ = checksummed.read_json(folder / RESULT)
    format_version.check(document.get("neurosim_run"), version, f"{folder / RESULT}: a result")
    return document
