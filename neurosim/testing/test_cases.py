"""Every case gives what the reference gives: equal on the grid (T0), to 1e-12 in float64 (T1); or it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from neurosim.errors import ModelError, UnsupportedFeature
from neurosim.program.precision import Float64, Precision
from neurosim.results.agreement.tiers import TOLERANCE
from neurosim.testing.agreement import assert_counts_agree, assert_learned_agree, assert_probes_agree
from neurosim.testing.targets import (
    Target,
    case_named,
    inexact_functions,
    outcome,
    reference_for,
    tolerance_of,
)

Cell = dict[str, Any]


def _both(target: Target, name: str, precision: Precision, cell: Cell) -> tuple[Any, Any] | None:
    """The outcomes on the target and on the reference; None where the target had to refuse the case, and did."""
    case = case_named(name, target.length)
    cell["features"] = sorted(map(str, case.program().features()))
    try:
        program = case.program(precision)
    except ModelError as error:
        cell["reached"], cell["missing"], cell["reason"] = "X", [], str(error)
        return None
    missing = target.missing(program)
    if missing:
        cell["reached"], cell["missing"] = "X", sorted(map(str, missing))
        with pytest.raises(UnsupportedFeature) as refused:
            target.compile(program)
        assert refused.value.feature in missing
        return None
    return outcome(target, name, precision), outcome(reference_for(target), name, precision)


def test_grid(neurosim_target: Target, neurosim_case: str, neurosim_cell: Cell) -> None:
    """Every learned value, probe, spike and count is equal; probes to 1e-12 where exp, log or tanh come in.

    On the grid, or in the number format of the target, which may refuse a case.
    """
    numbers, tolerance = neurosim_target.numbers, tolerance_of(neurosim_target)
    both = _both(neurosim_target, neurosim_case, numbers, neurosim_cell)
    if both is None:
        return
    (records, learned), (expected, expected_learned) = both
    functions = inexact_functions(case_named(neurosim_case, neurosim_target.length).program(numbers))
    equal = assert_learned_agree(learned, expected_learned, tolerance)
    equal &= assert_probes_agree(records, expected, max(tolerance, TOLERANCE if functions else 0.0))
    if not tolerance:
        assert_counts_agree(records, expected)
    neurosim_cell["reached"] = "T0" if equal else "T1" if tolerance else f"T2 ({', '.join(functions)})"


def test_float64(neurosim_target: Target, neurosim_case: str, neurosim_cell: Cell) -> None:
    """Learned values and probes agree to 1e-12, and every spike is equal."""
    both = _both(neurosim_target, neurosim_case, Float64(), neurosim_cell)
    if both is None:
        return
    (records, learned), (expected, expected_learned) = both
    equal = assert_learned_agree(learned, expected_learned, TOLERANCE)
    equal &= assert_probes_agree(records, expected, TOLERANCE)
    neurosim_cell["reached"] = "T0" if equal else "T1"
