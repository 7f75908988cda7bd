"""How a summary table is made of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean

from neurosim.errors import InputError, nearest
from neurosim.results.analysis.labelled import LabelledResult, labelled
from neurosim.results.analysis.numbers import Number, numbers_of
from neurosim.results.analysis.statistics import (
    Interval,
    bootstrap_interval,
    mean,
    standard_deviation,
    t_interval,
)
from neurosim.results.analysis.summary.comparing import TESTS, compared
from neurosim.results.analysis.summary.grouping import Grouped, grouped
from neurosim.results.analysis.summary.table import MetricSummary, SummaryRow, SummaryTable
from neurosim.results.result import Result

METRICS = ("accuracy", "forgetting")
"""Of a table that was not asked for others."""

INTERVALS: dict[str, tuple[str, Callable[[Sequence[float]], Interval | None]]] = {
    "none": ("Mean", lambda values: None),
    "sd": ("Mean ± standard deviation", lambda values: None),
    "t": ("Mean [95 % interval by Student's t]", t_interval),
    "bootstrap": ("Mean [95 % interval by BCa bootstrap]", bootstrap_interval),
}
"""What may stand beside a mean: in words, and how it is computed."""

MOST_NAMED = 3
"""As many missing runs are named below a table; the rest is counted."""

__all__ = ["INTERVALS", "METRICS", "TESTS", "table_of"]


def table_of(
    runs: Iterable[Result | LabelledResult],
    by: Sequence[str] | None = None,
    metrics: Sequence[str] = METRICS,
    interval: str = "sd",
    against: str | None = None,
    test: str = "t",
    missing: Sequence[object] = (),
) -> SummaryTable:
    """Return a table with a row for the runs that share labels, and mean and spread of metrics over their seeds.

    Parameters
    ----------
    runs
        At least one; their order does not matter.
    by
        The names of the labels that make a row; None for those that differ, but for the seed.
    metrics
        Names of attributes of `Result`, or of counts and energies as `numbers_of` has them.
    interval
        What stands beside a mean: ``"none"``, ``"sd"``, ``"t"`` or ``"bootstrap"``.
    against
        The row that all others are compared with, by its labels with commas between, or as many as tell it apart.
    test
        How they are compared: ``"t"``, ``"wilcoxon"`` or ``"sign-flip"``.
    missing
        Runs that should be there and are not, which a note tells.

    Raises
    ------
    InputError
        Without runs, or for a name that is none: of a label, a metric, an interval, a row or a test.
    BackendUnavailable
        Where SciPy is missing, and an interval or a test needs it.
    """
    found = labelled(runs)
    if not found:
        raise InputError(f"table: no run that has ended; {_of_missing(missing)}")
    words, interval_of = INTERVALS[_one_of(interval, INTERVALS, "interval")]
    chosen = TESTS[_one_of(test, TESTS, "test")]
    groups = grouped(found, by)
    numbers = {id(run): numbers_of(run.result) for of_row in groups.rows.values() for run in of_row}
    names = _known(metrics, numbers.values())
    rows = [
        SummaryRow(
            labels,
            len({run.result.seed for run in of_row}),
            tuple(_summary(_by_seed(name, of_row, numbers), interval_of) for name in names),
        )
        for labels, of_row in groups.rows.items()
    ]
    notes = [f"{words} over n seeds, {_parts(found)}", *_notes(groups, missing)]
    if against is None:
        return SummaryTable(groups.by, names, interval, "", tuple(rows), tuple(notes))
    rows, base, more = compared(rows, against, chosen)
    return SummaryTable(groups.by, names, interval, base, tuple(rows), (*notes, *more))


def _one_of(name: str, known: Mapping[str, object], what: str) -> str:
    if name not in known:
        raise InputError(f"{what} '{name}'; {nearest(name, known)}")
    return name


def _known(metrics: Sequence[str], numbers: Iterable[Mapping[str, Number]]) -> tuple[str, ...]:
    known = list(dict.fromkeys(name for of_run in numbers for name in of_run))
    for name in metrics:
        if name not in known:
            raise InputError(f"metrics: no '{name}'; {nearest(name, known)}")
    if not metrics:
        raise InputError(f"metrics: none named; {nearest('', known)}")
    return tuple(dict.fromkeys(metrics))


def _by_seed(
    name: str, runs: Sequence[LabelledResult], numbers: Mapping[int, Mapping[str, Number]]
) -> dict[int, float]:
    """A metric by seed: several runs of one seed are no independent samples, so that their mean counts once."""
    values: dict[int, list[float]] = {}
    for run in sorted(runs, key=lambda run: run.result.seed):
        value = numbers[id(run)].get(name)
        if value is not None:
            values.setdefault(run.result.seed, []).append(value)
    return {seed: fmean(found) for seed, found in values.items()}


def _summary(values: Mapping[int, float], interval_of: Callable[[Sequence[float]], Interval | None]) -> MetricSummary:
    x = list(values.values())
    lowest, highest = (min(x), max(x)) if x else (None, None)
    return MetricSummary(values, mean(x), standard_deviation(x), lowest, highest, interval_of(x))


def _parts(runs: Sequence[LabelledResult]) -> str:
    parts = sorted({run.result.part for run in runs})
    return f"on the {parts[0]} part" if len(parts) == 1 else f"on different parts of the data: {', '.join(parts)}"


def _notes(groups: Grouped, missing: Sequence[object]) -> Iterable[str]:
    if groups.pooled:
        yield f"Runs of one row and seed that differ in {', '.join(groups.pooled)} count once, by their mean"
    if missing:
        yield _of_missing(missing)
    for run in groups.twice:
        labels = ", ".join(f"{name} {label}" for name, label in run.labels.items())
        yield f"Left out, as another run has the same labels: {run.source or labels}"


def _of_missing(missing: Sequence[object]) -> str:
    if not missing:
        return "name folders of runs or of a study"
    more = len(missing) - MOST_NAMED
    named = "; ".join(map(str, missing[:MOST_NAMED]))
    how_many = "1 run is missing" if len(missing) == 1 else f"{len(missing)} runs are missing"
    return f"{how_many}: {named}{f'; and {more} more' if more > 0 else ''}"
