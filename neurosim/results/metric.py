"""What a metric of a run is: one record, from which tables, JSON, reports and the reference page follow."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from neurosim.edges.extensions import ExtensionGroup
from neurosim.edges.foreign_errors import border
from neurosim.errors import InputError
from neurosim.program.schedule import Array

METRICS = ExtensionGroup("neurosim.metrics", InputError)
"""Metrics of other packages: an entry point is a `Metric` of its name."""


@dataclass(frozen=True)
class Metric:
    """m = function(R, n): a number of a run that follows from its accuracies.

    Parameters
    ----------
    name
        In JSON, in tables and in the scenario file: letters, digits, ``_`` and ``-``.
    equation
        What it is, in R[i, j], the accuracy on task j after task i, both from 1 to T, and n_j, the test samples of j.
    source
        Who defined it.
    function
        Takes R, fractions of shape (tasks, tasks), and n, as many whole numbers as tasks; gives a finite number, or
        None where it is not defined, as for a single task.
    label
        In words, for reports; the name where it is empty.
    short
        On the terminal, ``ACC``; the name where it is empty.
    line
        The line of the terminal: that of the ``usual`` metrics, or of ``other`` conventions; empty for none of them.
    function_name
        On the page, where it is not the name.

    Raises
    ------
    InputError
        For another name, and what is no function.
    """

    name: str
    equation: str
    source: str
    function: Callable[[Array, Sequence[int]], float | None]
    label: str = ""
    short: str = ""
    line: Literal["", "usual", "other"] = ""
    function_name: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z][\w-]*", self.name, re.ASCII):
            raise InputError(f"metric {self.name!r}; expected a name of letters, digits, '_' and '-'")
        if not callable(self.function):
            raise InputError(f"metric {self.name}: its function cannot be called")

    def of(self, matrix: Array, samples: Sequence[int]) -> float | None:
        """The value of a run.

        Parameters
        ----------
        matrix
            R, fractions from 0 to 1, shape (tasks, tasks).
        samples
            n, the test samples of each task.

        Raises
        ------
        InputError
            If its function raises an exception, or gives no finite number.
        """
        with border(f"metric {self.name}", InputError):
            value = self.function(matrix.copy(), samples)
            number = None if value is None else float(value)
        if number is not None and not math.isfinite(number):
            raise InputError(f"metric {self.name} is {number}; expected a finite number, or None")
        return number


def of_package(name: str) -> Metric:
    """The metric that an installed package offers under a name; the package is imported.

    Raises
    ------
    InputError
        For a name that nobody offers, or several packages do, a package that does not import, and what is no `Metric`
        of this name.
    """
    offered = METRICS.load(name, f"metric {name!r}")
    if not isinstance(offered.value, Metric) or offered.value.name != name:
        raise InputError(f"metric {name!r}: {offered.source} is no neurosim.results.metric.Metric of this name")
    return offered.value
