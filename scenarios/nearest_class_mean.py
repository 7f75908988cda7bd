"""Nearest class mean: what the mean of each class alone tells, without a network.

python scenarios/nearest_class_mean.py SCENARIO.toml [--data FOLDER]

A sample x is taken to be of the class

    argmin_c |x - m_c|^2, m_c the mean of the training samples of class c

with samples as the tasks show them, one task after another: a sum and a count of each class are all that is kept. Sleep
replay keeps one mean, of all samples; this keeps as many as there are classes, and nothing has to be trained.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from neurosim.program.schedule import Array
from neurosim.scenario import schema, streams
from neurosim.scenario.datasets import Dataset, Indices
from neurosim.scenario.schema import Scenario


def accuracy(scenario: Scenario, data: Dataset) -> float:
    """The share of the test samples of all tasks that are given their class; the part train alone makes the means."""
    tasks = scenario.stream.build(data)
    labelled = streams.labelled(data, tasks)
    means = class_means(*_seen(labelled, tasks, "train"))
    x, labels = _seen(labelled, tasks, "test")
    return float((nearest(x, means) == labels).mean())


def class_means(x: Array, labels: Indices) -> Array:
    """m_c, shape (classes, units); infinite for a class without a sample, which is nearest to nothing."""
    classes = [x[labels == c] for c in range(labels.max() + 1)]
    return np.stack([c.mean(axis=0) if len(c) else np.full(x.shape[1], np.inf) for c in classes])


def nearest(x: Array, means: Array) -> Indices:
    """argmin_c |x - m_c|^2, shape (samples,)."""
    return np.stack([((x - m) ** 2).sum(axis=1) for m in means]).argmin(axis=0)


def _seen(data: Dataset, tasks: list[streams.Task], part: str) -> tuple[Array, Indices]:
    """The samples of all tasks, each as its task shows it, and their classes."""
    shown = streams.SampleRefs.joined([t.shows(t.part(part)) for t in tasks])
    return np.asarray(streams.inputs(data, tasks, shown)), data.labels[shown.samples]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", type=Path)
    parser.add_argument("--data", type=Path, help="where data sets are")
    options = parser.parse_args()
    scenario = schema.read(options.scenario)
    print(f"{accuracy(scenario, scenario.data.build(options.data)):.3f}")


if __name__ == "__main__":
    main()
