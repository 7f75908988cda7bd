"""A sample that settles: its states over the phases of equilibrium propagation, and the energy that they lower."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.model.network import Network, Population
from neurosim.model.neurons import LeakyRateUnit
from neurosim.scenario import schema
from neurosim.scenario.preparation import Prepared, prepare
from neurosim.scenario.runs.settling import energy_of, settled

SMALLER = {"size = 256": "size = 8", "test = 360": "test = 60", "validation = 287": "validation = 1637"}


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    text = (Path(__file__).parents[1] / "digits_sleep.toml").read_text()
    for old, new in SMALLER.items():
        text = text.replace(old, new)
    scenario = schema.from_document(schema.document(text))
    return prepare(scenario, scenario.data.build())


def test_the_energy_falls_in_the_free_phase(prepared: Prepared) -> None:
    found = settled(prepared, prepared.begin(0).learned)
    assert found.phases == {"free": 20, "nudged": 8}
    assert {n: s.shape for n, s in found.states.items()} == {"hidden": (28, 8), "output": (28, 10)}
    free = found.energy[:20]
    assert free[-1] < free[0]
    assert (np.diff(free[5:]) <= 1e-9).all()


def test_the_energy_is_half_of_all_squares_without_weights(prepared: Prepared) -> None:
    learned = {n: np.zeros_like(a) for n, a in prepared.begin(0).learned.items()}
    states = {"input": np.ones((1, 64)), "hidden": np.full((3, 8), 0.5), "output": np.zeros((3, 10))}
    np.testing.assert_allclose(energy_of(prepared.network, states, learned), [1.0] * 3)


def test_a_weight_and_a_bias_lower_it_by_what_they_connect(prepared: Prepared) -> None:
    learned = {n: np.zeros_like(a) for n, a in prepared.begin(0).learned.items()}
    learned["hidden_output.w"][2, 3], learned["hidden.bias"][2] = 0.25, 1.0
    states = {"input": np.ones((1, 64)), "hidden": np.eye(8)[2:3], "output": np.eye(10)[3:4]}
    np.testing.assert_allclose(energy_of(prepared.network, states, learned), [0.5 + 0.5 - 0.25 - 1.0])


def test_units_with_another_equation_have_none() -> None:
    other = Network([Population("unit", 3, LeakyRateUnit)], [])
    assert energy_of(other, {}, {}) is None


def test_a_sample_that_there_is_not_is_refused(prepared: Prepared) -> None:
    with pytest.raises(InputError, match="sample"):
        settled(prepared, prepared.begin(0).learned, sample=10_000)
