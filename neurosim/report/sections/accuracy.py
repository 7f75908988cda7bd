"""Accuracies: the matrix, each task over time, the mean of the tasks so far, and what was forgotten."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurosim import plots
from neurosim.plots.accuracy import chance, stacked
from neurosim.program.schedule import Array
from neurosim.report.blocks import Gallery, Note, ReportPicture, ReportTable, Section
from neurosim.report.drawing import drawn
from neurosim.report.quantities import interval, listed, spread
from neurosim.report.sources import RunGroup
from neurosim.results.analysis.task_titles import task_titles
from neurosim.results.metrics import OF_A_RUN
from neurosim.results.result import Result

HEIGHT = 2.7


def accuracy(group: RunGroup, level: int) -> Section:
    """Return the section of accuracies, of the seeds of the first backend."""
    results = group.first
    items: list[ReportPicture | ReportTable] = [
        _matrix(group, results),
        _curves(group, results),
        _incremental(group, results),
    ]
    if len(results[0].classes) > 1:
        items.append(_forgetting(group, results))
    items.append(_metrics(group, results))
    return Section(group.named("accuracy"), "Accuracy", [Note(_about(results)), Gallery(items)], level)


def _metrics(group: RunGroup, results: Sequence[Result]) -> ReportTable:
    values, labels = [r.metrics for r in results], {m.name: m.label for m in OF_A_RUN}
    shared = [name for name in values[0] if all(v.get(name) is not None for v in values)]
    by_label = {labels.get(name) or name: [v[name] or 0.0 for v in values] for name in shared}
    rows = [[label, spread(v), interval(v)] for label, v in by_label.items()]
    return ReportTable(f"Metrics{_of(group)}", ["metric", "mean ± sd", "95% interval of the mean"], rows, 2)


def _about(results: Sequence[Result]) -> str:
    first, seeds = results[0], [r.seed for r in results]
    tested = f"Tested on the {first.part} part, on {first.backend}:{first.mode}, "
    if len(results) == 1:
        return f"{tested}seed {first.seed}."
    return (
        f"{tested}seeds {listed(seeds)}: means, ± the standard deviation over seeds. "
        "Bands are 95% intervals of the mean by Student's t."
    )


def _of(group: RunGroup) -> str:
    """For captions, of which each is on a page once."""
    return f", {group.title}" if group.name else ""


def _matrix(group: RunGroup, results: Sequence[Result]) -> ReportPicture:
    values, titles = stacked(results), task_titles(results[0].classes)
    mean = values.mean(axis=0)
    words = (
        f"Accuracy matrix of {len(mean)} tasks. Right after its training a task has {np.diag(mean).mean():.2f} on "
        f"average; after the last task all have {mean[-1].mean():.2f}, the lowest {mean[-1].min():.2f}."
    )
    rows = [[titles[i], *(spread(values[:, i, j].tolist()) for j in range(len(titles)))] for i in range(len(titles))]
    data = ReportTable(f"Accuracy after each task{_of(group)}", ["after training", *titles], rows, len(titles))
    drawing = drawn(group.named("matrix"), words, lambda ax: plots.accuracy_matrix(results, ax), HEIGHT)
    return ReportPicture("Accuracy on each task (columns) after each task (rows)", drawing, None, data)


def _curves(group: RunGroup, results: Sequence[Result]) -> ReportPicture:
    values, titles = stacked(results), task_titles(results[0].classes)
    ends = ", ".join(f"{t}: {v:.2f}" for t, v in zip(titles, values.mean(axis=0)[-1], strict=True))
    words = f"Accuracy on each task from when it was trained. After the last task: {ends}."
    drawing = drawn(group.named("curves"), words, lambda ax: plots.task_curves(results, ax=ax), HEIGHT)
    columns = [values[:, j:, j] for j in range(len(titles))]
    data = _over_time(f"Each task from when it was trained{_of(group)}", titles, columns)
    return ReportPicture("Each task from when it was trained", drawing, None, data)


def _over_time(caption: str, titles: Sequence[str], columns: Sequence[Array]) -> ReportTable:
    """A row for each task and time: values of shape (runs, times) that end with the last task."""
    last = len(titles)
    rows = [
        [f"{titles[j]}, after {last - values.shape[1] + k + 1}", spread(v.tolist()), interval(v.tolist())]
        for j, values in enumerate(columns)
        for k, v in enumerate(values.T)
    ]
    return ReportTable(caption, ["task, after so many", "mean ± sd", "95% interval of the mean"], rows, 2)


def _incremental(group: RunGroup, results: Sequence[Result]) -> ReportPicture:
    values = stacked(results)
    so_far = [values[:, i, : i + 1].mean(axis=1).tolist() for i in range(values.shape[1])]
    guessing = chance(results[0].classes)
    words = (
        f"Mean accuracy of the tasks so far: {np.mean(so_far[0]):.2f} after the first, {np.mean(so_far[-1]):.2f} after "
        f"the last of {len(so_far)}; guessing among the classes so far would have {guessing[-1]:.2f} by then."
    )
    drawing = drawn(group.named("incremental"), words, lambda ax: plots.incremental_accuracy(results, ax=ax), HEIGHT)
    rows = [[f"{i + 1}", spread(v), interval(v), f"{guessing[i]:.3f}"] for i, v in enumerate(so_far)]
    heads = ["tasks trained", "mean ± sd", "95% interval of the mean", "guessing"]
    data = ReportTable(f"Mean of the tasks so far{_of(group)}", heads, rows, 3)
    return ReportPicture("Mean of the tasks so far", drawing, None, data)


def _forgetting(group: RunGroup, results: Sequence[Result]) -> ReportPicture:
    values, titles = stacked(results), task_titles(results[0].classes)
    best = np.maximum.accumulate(values, axis=1)
    columns = [best[:, j:-1, j] - values[:, j + 1 :, j] for j in range(len(titles) - 1)]
    ends = {titles[j]: float(v[:, -1].mean()) for j, v in enumerate(columns)}
    worst = max(ends, key=lambda t: ends[t])
    words = (
        f"Accuracy lost of each task since it was best. After the last task {np.mean(list(ends.values())):.2f} on "
        f"average, most of {worst}: {ends[worst]:.2f}."
    )
    drawing = drawn(group.named("forgetting"), words, lambda ax: plots.forgetting(results, ax=ax), HEIGHT)
    data = _over_time(f"Accuracy lost of each task{_of(group)}", titles, columns)
    return ReportPicture(
        "Forgetting of each task: its best accuracy before, less its accuracy now", drawing, None, data
    )
