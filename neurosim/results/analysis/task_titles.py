"""What tasks are called in tables and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


def task_titles(tasks: Sequence[Sequence[int]]) -> list[str]:
    """The classes of each task, or its number where tasks have classes in common.

    >>> task_titles([(0, 1), (2, 3, 4, 5)])
    ['0,1', '2-5']
    >>> task_titles([(0, 1), (0, 1)])
    ['t1', 't2']
    """
    if sum(map(len, tasks)) > len({c for classes in tasks for c in classes}):
        return [f"t{j + 1}" for j in range(len(tasks))]
    return [_classes(classes) for classes in tasks]


def _classes(classes: Sequence[int]) -> str:
    if len(classes) <= 3:
        return ",".join(str(c) for c in classes)
    in_a_row = all(b == a + 1 for a, b in pairwise(classes))
    return f"{classes[0]}-{classes[-1]}" if in_a_row else f"{classes[0]},{classes[1]},...,{classes[-1]}"
