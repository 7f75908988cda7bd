"""What is checked before anything runs takes time in proportion to what is there, or has a stated limit."""

import time

import pytest

from neurosim.errors import ModelError, nearest
from neurosim.model.connectivity import Pairs
from neurosim.model.equations.derived import follows_from
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, NeuronModel, RateUnit
from neurosim.model.synapses import SynapseModel
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid
from neurosim.program.program import Program
from neurosim.program.schedule import Phase, Schedule

SECONDS = 10.0
"""What was quadratic took minutes, what was exponential for ever."""


def delayed(delay: int) -> Program:
    network = Network(
        [Population("a", 1, Clamp), Population("b", 1, RateUnit), Population("c", 1, RateUnit)],
        [Projection("ab", "a", "b"), Projection("bc", "b", "c", delay=delay)],
    )
    return lower(network, Schedule([Phase("run", 1)], [], {"a.s": "constant"}), precision=Grid())


@pytest.fixture(autouse=True)
def soon():
    start = time.monotonic()
    yield
    assert time.monotonic() - start < SECONDS


def test_a_delay_of_a_thousand_steps() -> None:
    program = delayed(1000)
    assert len(program.group("b").state) == 1000
    assert program.group("b").bound == 1.0, "its bound is that of the output, however late"


@pytest.mark.parametrize("delay", [1002, 10**9, 2**63])
def test_a_longer_delay_is_refused(delay: int) -> None:
    with pytest.raises(ModelError, match=r"population b: it would keep [\d,]+ outputs for a delay; at most 1,000"):
        delayed(delay)


def test_a_model_of_five_thousand_states() -> None:
    state = {f"v{i}": 0.0 for i in range(5000)}
    model = NeuronModel("Wide", state, update={v: f"{v} + drive" for v in state}, output="v0")
    assert len(model.names) == 5001


def test_derived_constants_that_follow_from_one_another_in_many_ways() -> None:
    derived = {"d0": "k", "d1": "d0 + k"} | {f"d{i}": f"d{i - 1} + d{i - 2}" for i in range(2, 60)}
    assert follows_from(derived, "d59") == ["k"]
    chain = {"d0": "k"} | {f"d{i}": f"d{i - 1}" for i in range(1, 3000)}
    assert follows_from(chain, "d2999") == ["k"]


def test_a_rule_that_multiplies_many_sums() -> None:
    factors = "*".join(f"(pre.s + post.s + {i})" for i in range(40))
    rule = LearningRule("many", "step", {"w": f"w + {factors}"})
    network = Network(
        [Population("a", 1, Clamp), Population("b", 1, RateUnit)], [Projection("ab", "a", "b", learning=[rule])]
    )
    program = lower(network, Schedule([Phase("run", 1)], [], {"a.s": "constant"}))
    assert program.rules[0].outer == (None,)


def test_the_nearest_of_names_that_are_very_long() -> None:
    assert "did you mean 'drive'" in nearest("drve", ["drive", "x" * 1_000_000])
    assert len(nearest("x" * 1_000_000, ["drive", "y" * 1_000_000])) < 1000


@pytest.mark.parametrize("thing", [RateUnit, LearningRule("r", "step", {"w": "w"}), SynapseModel("S")])
@pytest.mark.parametrize("name", ["self", "name", "values", "cls", "update"])
def test_a_constant_may_be_called_like_an_argument(thing, name: str) -> None:
    with pytest.raises(ModelError, match=f"has no parameter '{name}'"):
        thing(**{name: 1.0})


@pytest.mark.parametrize("name", ["self", "name", "values", "cls", "update"])
def test_a_constant_that_is_called_like_an_argument_can_be_set(name: str) -> None:
    model = NeuronModel("M", {"s": 0.0}, {name: 1.0}, {"s": f"drive*{name}"})
    assert model(**{name: 2.0}).params == {name: 2.0}
    rule = LearningRule("r", "step", {"w": f"w + {name}"}, {name: 1.0})
    assert rule(**{name: 2.0}).params == {name: 2.0}
    synapse = SynapseModel("S", {"w": 0.0}, f"w*{name}", {name: 1.0})
    assert synapse(**{name: 2.0}).params == {name: 2.0}


def test_a_hundred_thousand_pairs() -> None:
    n = 100_000
    network = Network(
        [Population("a", n, Clamp), Population("b", n, RateUnit)],
        [Projection("ab", "a", "b", connectivity=Pairs(range(n), range(n)))],
    )
    assert network.learned()["ab.w"].shape == (n,)
