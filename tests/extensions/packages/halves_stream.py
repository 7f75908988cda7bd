"""A stream of another package: the first classes, then all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurosim.scenario.datasets import Dataset
from neurosim.scenario.streams import Task, task_of


@dataclass(frozen=True)
class Halves:
    """Two tasks.

    Parameters
    ----------
    first
        How many classes the first one has.
    """

    first: int = 1

    def build(self, data: Dataset) -> list[Task]:
        """The tasks."""
        classes = range(data.classes)
        parts = (tuple(classes[: self.first]), tuple(classes[self.first :]))
        return [task_of(data, k, np.isin(data.labels, part), part) for k, part in enumerate(parts)]
