"""Whether what a batch adds up over its trials is exact in any order: sums of products that are multiples of a unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from neurosim.errors import ExactnessLost
from neurosim.model.equations.expressions import Interval, bounds, parse
from neurosim.program.lowering.bounds import intervals_of, largest

if TYPE_CHECKING:
    from neurosim.program.program import Group, Rule, TrialSum
    from neurosim.program.run import Run

LEAST_PRODUCTS = 2
"""An estimate is the difference of two phases, also where it is written as one product."""


def check_batch(run: Run) -> None:
    """Refuse batches whose sums could be inexact under grid arithmetic.

    Factors are multiples of 2**-output_bits, so sums of products of two are exact as long as
    batch * max(sum of max |f*g|, 2 * max |f*g|) <= 2**(53 - 2*output_bits), the sum over the products.

    Raises
    ------
    ExactnessLost
        Naming the rule, how large a sum can become, and the largest batch that is exact.
    """
    if run.program.grid is None or not run.learns_in_batches:
        return
    known = {g.name: _values(g, run) for g in run.program.groups}
    for rule in run.program.rules:
        names = _names(rule, run, known)
        for total in rule.sums:
            _check_sum(rule, total, names, run)


def _check_sum(rule: Rule, total: TrialSum, known: Mapping[str, Interval], run: Run) -> None:
    assert run.program.grid is not None
    sizes = [_largest_product(product, known) for product in total.products]
    each = max(sum(sizes), LEAST_PRODUCTS * max(sizes))
    limit = 2.0 ** (53 - len(total.products[0]) * run.program.grid[0])
    batch = min(run.program.batch, run.count)
    if not batch * each <= limit:
        most = int(limit // each) if each > 0 else 0
        instead = f"a batch of at most {most}" if most else "clip(x, low, high) in what the rule reads"
        raise ExactnessLost(
            f"{rule.owner}, rule {rule.name}: over a batch of {batch} trials a sum can reach {batch * each:.3g}, exact "
            f"sums need at most {limit:g}; use {instead}, fewer bits in the grid, or float64"
        )


def _largest_product(product: tuple[str, ...], known: Mapping[str, Interval]) -> float:
    size = 1.0
    for factor in product:
        size *= largest(bounds(parse(factor), known))
    return size


def _names(rule: Rule, run: Run, known: Mapping[str, Mapping[str, Interval]]) -> dict[str, Interval]:
    """Return the interval of each name that a rule can read of a trial."""
    constants = {n: (x, x) for n, x in run.values(rule.full_name).items()}
    if not rule.of_matrix:
        return {**known[rule.owner], **constants}
    m = run.program.matrix(rule.owner)
    sides = {f"{side}.{n}": i for side, g in (("pre", m.pre), ("post", m.post)) for n, i in known[g].items()}
    arrived = run.input_bounds().get(m.pre, run.program.group(m.pre).bound)
    return {**sides, "arrived": (-arrived, arrived), **constants}


def _values(group: Group, run: Run) -> dict[str, Interval]:
    """Return an interval of each variable and constant of a group."""
    shown = {v: f"{group.name}.{v}" for v, _ in group.driven}
    driven = {v: run.interval(shown[v]) if shown[v] in run.rows else (x, x) for v, x in group.driven}
    known = {**driven, "spike": (0.0, 1.0), **intervals_of(group, run.program)}
    usual = {n: (x, x) for n, x in run.values(group.name, run.program.phases[-1].name).items()}
    present = {v: bounds(parse(t), known) for v, t in group.present}
    return {**usual, **known, **present}
