"""Random small networks, with exact sums: every learned value, probe and spike is the reference's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from neurosim.errors import ModelError, UnsupportedFeature
from neurosim.program.program import Program
from neurosim.testing.agreement import assert_counts_agree, assert_learned_agree, assert_probes_agree
from neurosim.testing.cases.random_networks import random_cases
from neurosim.testing.cases.small import Case
from neurosim.testing.targets import REFERENCE, Target, run_case, tolerance_of

FEW = 10
"""Below so many examples each needs several features, and a failing network is shown as it is, not made smaller."""

RICH = 6


def test_random_networks(neurosim_target: Target, neurosim_cell: dict[str, Any]) -> None:
    """The same networks for every target and in every run."""
    few = neurosim_target.examples < FEW

    @settings(
        max_examples=neurosim_target.examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate] if few else [Phase.generate, Phase.shrink],
    )
    @given(random_cases(RICH if few else 0))
    def agree(case: Case) -> None:
        _agree(neurosim_target, case)

    if neurosim_target.examples < 1:
        pytest.skip("no examples asked for")
    agree()
    neurosim_cell["reached"] = "T0" if tolerance_of(neurosim_target) == 0 else "T1"


def _agree(target: Target, case: Case) -> None:
    program = _program(target, case)
    if program is None:
        return
    if target.missing(program):
        with pytest.raises(UnsupportedFeature):
            target.compile(program)
        return
    records, learned = run_case(target, case, program)
    expected, expected_learned = run_case(REFERENCE, case, program)
    tolerance = tolerance_of(target)
    assert_learned_agree(learned, expected_learned, tolerance)
    assert_probes_agree(records, expected, tolerance)
    if not tolerance:
        assert_counts_agree(records, expected)


def _program(target: Target, case: Case) -> Program | None:
    """The program of a case; None where the number format cannot have the network, and the error says so."""
    try:
        return case.program(target.numbers)
    except ModelError:
        assert target.precision == "loihi1"
        return None
