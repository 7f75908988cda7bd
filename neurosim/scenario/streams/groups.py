"""Sample-incremental tasks: the classes stay, and samples of someone new are added."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import SpecError
from neurosim.scenario.datasets import Dataset, Indices
from neurosim.scenario.streams.task import Task, task_of


def sample_incremental(data: Dataset, group: int) -> list[Task]:
    """Two tasks: the samples of all groups but one, then those of that group (a speaker, in spoken digits).

    Raises
    ------
    SpecError
        If the groups are not known, or the group or the others have no samples to train or to test on.
    """
    if data.groups is None:
        raise SpecError(
            f"stream.kind = 'sample-incremental': data set {data.name} does not say which group a sample is of; "
            "use 'shd' or 'spoken-digits', or 'class-incremental'"
        )
    fitting = _that_can_be_left_out(data, data.groups)
    if group not in fitting:
        nearby = f"nearest group: {min(fitting, key=lambda g: abs(g - group))}" if fitting else "no group has both"
        raise SpecError(
            f"stream.group = {group}: expected a group of data set {data.name} with samples to train and to test on, "
            f"beside others that have both; {nearby}"
        )
    in_group = data.groups == group
    return [_task(data, 0, ~in_group), _task(data, 1, in_group)]


def _that_can_be_left_out(data: Dataset, groups: Indices) -> list[int]:
    """Groups that, and beside which others, have samples in the training and in the test part."""
    parts = [groups[data.train], groups[data.test]]
    return [int(g) for g in np.unique(groups) if all((p == g).any() and (p != g).any() for p in parts)]


def _task(data: Dataset, index: int, belongs: NDArray[np.bool_]) -> Task:
    used = np.concatenate([data.train, data.validation, data.test])
    classes = np.unique(data.labels[used[belongs[used]]])
    return task_of(data, index, belongs, tuple(int(c) for c in classes))
