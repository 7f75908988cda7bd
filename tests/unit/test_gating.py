"""Engram gates: expectations are of the draws, and know the input alone."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.model.randomness import stream
from neurosim.scenario.streams import gating

INPUTS = stream(0, "test", "gating").random((7, 12))


def gates() -> list[gating.EngramGate]:
    return [
        gating.input_conditioned(3, "hidden", 12, 40, density=0.2, tau=4.0),
        gating.bank(3, "hidden", 12, 40, density=0.2, tau=4.0, masks=15),
        gating.Unconditioned(40, 0.2),
    ]


@pytest.mark.parametrize("gate", gates(), ids=lambda g: type(g).__name__)
def test_draws_are_zero_or_one_with_the_expectation_that_is_stated(gate: gating.EngramGate) -> None:
    random = stream(0, "test", "draws")
    draws = np.mean([gate.drawn(INPUTS, random) for _ in range(4000)], axis=0)
    assert set(np.unique(gate.drawn(INPUTS, random))) <= {0.0, 1.0}
    np.testing.assert_allclose(draws, gate.expected(INPUTS), atol=0.05)


@pytest.mark.parametrize("gate", gates()[:2], ids=lambda g: type(g).__name__)
def test_a_conditioned_gate_tells_inputs_apart_and_each_alone(gate: gating.EngramGate) -> None:
    together = gate.expected(INPUTS)
    assert np.abs(together[0] - together[1]).max() > 0.1
    np.testing.assert_allclose(gate.expected(INPUTS[2:3])[0], together[2], rtol=1e-12)


def test_the_density_of_an_unbiased_gate_is_near_the_one_that_is_asked_for() -> None:
    assert gating.Unconditioned(40, 0.2).expected(INPUTS).mean() == pytest.approx(0.2)
    assert gating.bank(0, "hidden", 12, 400, 0.2, 4.0, 50).masks.mean() == pytest.approx(0.2, abs=0.01)


def test_populations_and_seeds_have_gates_of_their_own() -> None:
    first = gating.input_conditioned(3, "hidden", 12, 40, 0.2, 4.0).projection
    assert not np.array_equal(first, gating.input_conditioned(4, "hidden", 12, 40, 0.2, 4.0).projection)
    assert not np.array_equal(first, gating.input_conditioned(3, "other", 12, 40, 0.2, 4.0).projection)
    assert np.array_equal(first, gating.input_conditioned(3, "hidden", 12, 40, 0.2, 4.0).projection)
