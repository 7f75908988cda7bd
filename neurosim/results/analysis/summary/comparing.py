"""Rows of a table against one of them, in pairs of one seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from neurosim.errors import InputError, nearest
from neurosim.results.analysis.statistics import (
    PairedTest,
    SeedPairs,
    cohens_dz,
    holm,
    mean,
    paired_by_seed,
    paired_t_test,
    rank_biserial,
    sign_flip_test,
    signed_rank_test,
)
from neurosim.results.analysis.summary.table import RowDifference, SummaryRow

Differences = Sequence[float]


@dataclass(frozen=True)
class ChosenTest:
    """A paired test, and the effect size that goes with it.

    Attributes
    ----------
    words, effect_words
        Of the test and of the effect size, as a caption has them.
    """

    words: str
    run: Callable[[Differences], PairedTest]
    effect_words: str
    effect: Callable[[Differences], float | None]


TESTS = {
    "t": ChosenTest("paired t test", paired_t_test, "Cohen's d_z", cohens_dz),
    "wilcoxon": ChosenTest("exact Wilcoxon signed-rank test", signed_rank_test, "rank-biserial r", rank_biserial),
    "sign-flip": ChosenTest("sign-flip permutation test", sign_flip_test, "Cohen's d_z", cohens_dz),
}
"""By their names on the command line."""


def compared(rows: Sequence[SummaryRow], against: str, test: ChosenTest) -> tuple[list[SummaryRow], str, list[str]]:
    """The rows with their differences to one of them, the name of that one, and sentences on how it was done.

    Raises
    ------
    InputError
        If no row, or several, are named so.
    """
    base = _named(against, rows)
    raw = [() if row is base else tuple(_differences(row, base, test)) for row in rows]
    corrected = iter(holm([d.test.p for found in raw for d in found]))
    done = [
        replace(row, differences=tuple(replace(d, p=next(corrected)) for d in found))
        for row, found in zip(rows, raw, strict=True)
    ]
    tests = sum(d.test.p is not None for found in raw for d in found)
    how = (
        f"Difference to {base.name}: mean over pairs of one seed; p: {test.words}, two-sided, Holm's correction over "
        f"{tests} tests; effect: {test.effect_words}"
    )
    return done, base.name, [how, *_unpaired(rows, base)]


def _named(wanted: str, rows: Sequence[SummaryRow]) -> SummaryRow:
    """The row that has all of these labels."""
    parts = [part.strip() for part in wanted.split(",")]
    found = [row for row in rows if row.name == wanted] or [
        row for row in rows if all(part in map(str, row.labels) for part in parts)
    ]
    if len(found) > 1:
        raise InputError(f"against '{wanted}': {len(found)} rows have it, such as '{found[0].name}'; name more labels")
    if not found:
        known = {str(label) for row in rows for label in row.labels}
        unknown = next((part for part in parts if part not in known), wanted)
        raise InputError(f"against '{wanted}': no row has '{unknown}'; {nearest(unknown, known)}")
    return found[0]


def _differences(row: SummaryRow, base: SummaryRow, test: ChosenTest) -> Iterator[RowDifference]:
    for own, others in zip(row.metrics, base.metrics, strict=True):
        differences = paired_by_seed(own.values, others.values).differences
        yield RowDifference(mean(differences), test.run(differences), None, test.effect(differences))


def _unpaired(rows: Sequence[SummaryRow], base: SummaryRow) -> Iterator[str]:
    for row in (r for r in rows if r is not base):
        pairs = paired_by_seed(row.metrics[0].values, base.metrics[0].values)
        if text := _without_partner(pairs, row.name, base.name):
            yield text


def _without_partner(pairs: SeedPairs, name: str, base: str) -> str:
    alone = [f"{_seeds(s)} of {of}" for s, of in ((pairs.only_first, name), (pairs.only_second, base)) if s]
    return f"Without a partner, and left out of {len(pairs.seeds)} pairs: {'; '.join(alone)}" if alone else ""


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
