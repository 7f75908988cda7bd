"""Which neurons a projection connects: what is refused, how it is stored, and how it is drawn."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neurosim as ns
from neurosim.errors import ExactnessLost, ModelError, SpecError
from neurosim.model.connectivity import AllToAll, Connectivity, OneToOne, Pairs
from neurosim.model.connectivity.random_wiring import fixed_in_degree
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, RateUnit
from neurosim.program.precision import Grid, check_exactness
from neurosim.scenario.schema import parse
from neurosim.testing.cases.wiring import WIRING


def joined(connectivity: Connectivity, pre: int = 3, post: int = 2) -> Network:
    populations = [Population("a", pre, Clamp), Population("b", post, RateUnit)]
    return Network(populations, [Projection("j", "a", "b", connectivity=connectivity)])


@pytest.mark.parametrize(
    ("connectivity", "shape"), [(AllToAll(), (3, 2)), (Pairs([0, 2, 2], [1, 1, 0]), (3,)), (Pairs([1], [1]), (1,))]
)
def test_learned_arrays_have_a_place_for_each_synapse(connectivity: Connectivity, shape: tuple[int, ...]) -> None:
    assert joined(connectivity).learned()["j.w"].shape == shape


def test_one_to_one_has_a_synapse_for_each_neuron() -> None:
    assert joined(OneToOne(), 4, 4).learned()["j.w"].shape == (4,)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pairs([], []), "at least one"),
        (lambda: Pairs([0, 1], [0]), "2 sources and 1 targets"),
        (lambda: Pairs([0, 2**31], [0, 0]), "pairs: sources has 2147483648 in it; expected whole numbers"),
        (lambda: joined(Pairs([3], [0])), "projection j: a pair has source 3; expected 0 to 2"),
        (lambda: joined(Pairs([0], [-1])), "projection j: a pair has target -1; expected 0 to 1"),
        (lambda: joined(OneToOne()), "projection j: one-to-one from 3 neurons to 2"),
        (lambda: fixed_in_degree(0, "j", 3, 2, 4), "in-degree 4; expected 1 to the number of sources, 3"),
    ],
)
def test_what_cannot_be_wired_is_refused(make: object, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("case", WIRING)
def test_json_keeps_connectivity(case: str) -> None:
    network = WIRING[case](0.1).network
    assert Network.from_json(network.to_json(), network.arrays()) == network


def test_another_wiring_is_the_same_program_to_compile() -> None:
    case = WIRING["sparse_traces"](0.1)
    first, second = case.network.projections
    rewired = Projection(
        first.name, first.pre, first.post, first.synapse, first.learning, connectivity=Pairs([0, 1], [1, 0])
    )
    other = Network(case.network.populations, [rewired, second])
    program, rewired_program = case.program(), type(case)("x", other, case.schedule, {}, case.trials).program()
    assert program != rewired_program
    assert program.digest() == rewired_program.digest()


def test_a_dense_projection_is_another_program_than_a_sparse_one() -> None:
    sparse, dense = (joined(c) for c in (Pairs([0, 1, 2], [0, 1, 0]), AllToAll()))
    schedule = ns.Schedule([ns.Phase("free", 3)], stimuli={"a.s": "constant"})
    assert ns.lower(sparse, schedule).digest() != ns.lower(dense, schedule).digest()


def test_wiring_is_equal_by_its_numbers_and_nobody_can_change_it() -> None:
    given = np.array([0, 2, 2])
    pairs = Pairs(given, [1, 1, 0])
    given[0] = 1
    assert pairs == Pairs([0, 2, 2], [1, 1, 0])
    assert hash(pairs) == hash(Pairs([0, 2, 2], [1, 1, 0]))
    assert pairs.wiring.digest != Pairs([1, 2, 2], [1, 1, 0]).wiring.digest
    for wiring in (pairs.wiring, pairs.wiring.in_order(np.array([2, 0, 1]))):
        with pytest.raises(ValueError, match="read-only"):
            wiring.pre[0] = 1


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), min_size=1, max_size=40))
def test_rows_are_by_source_then_target_then_as_given(pairs: list[tuple[int, int]]) -> None:
    wiring = Pairs(*zip(*pairs, strict=True)).wiring
    order = wiring.row_order()
    expected = sorted(range(len(pairs)), key=lambda k: pairs[k])
    assert (order is None) == (expected == list(range(len(pairs))))
    assert order is None or order.tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)), min_size=1, max_size=40))
def test_rows_of_large_populations_are_sorted_by_all_digits(pairs: list[tuple[int, int]]) -> None:
    order = Pairs(*zip(*pairs, strict=True)).wiring.row_order()
    found = range(len(pairs)) if order is None else order.tolist()
    assert [pairs[k] for k in found] == sorted(pairs)


def test_millions_of_pairs_are_looked_at_as_arrays() -> None:
    """Far from the seconds, and the hundred bytes a synapse, of a loop over synapses."""
    given = [np.random.default_rng(k).integers(0, 20_000, 5_000_000) for k in (0, 1)]
    tracemalloc.start()
    begun = time.process_time()
    network = joined(Pairs(*given), 20_000, 20_000)
    text, arrays, html = network.to_json(), network.arrays(), network._repr_html_()
    taken, (_, most) = time.process_time() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 2
    assert most < 4 * sum(a.nbytes for a in arrays.values())
    assert len(text) + len(html) < 10_000


def test_long_lists_are_printed_in_short() -> None:
    assert repr(Pairs(range(1000), range(1000))) == (
        "Pairs([0, 1, 2, 3, 4, ... 1,000 in all], [0, 1, 2, 3, 4, ... 1,000 in all])"
    )


@given(st.integers(1, 12), st.integers(1, 8), st.integers(0, 2**32), st.data())
def test_each_target_has_as_many_different_sources(pre: int, post: int, seed: int, data: st.DataObject) -> None:
    degree = data.draw(st.integers(1, pre))
    wired = fixed_in_degree(seed, "j", pre, post, degree)
    for target in range(post):
        sources = [i for i, k in zip(wired.pre, wired.post, strict=True) if k == target]
        assert len(set(sources)) == len(sources) == degree
        assert set(sources) <= set(range(pre))


def test_wiring_depends_on_seed_and_projection_alone() -> None:
    wired = fixed_in_degree(1, "j", 50, 20, 5)
    assert wired == fixed_in_degree(1, "j", 50, 20, 5)
    assert wired != fixed_in_degree(2, "j", 50, 20, 5)
    assert wired != fixed_in_degree(1, "k", 50, 20, 5)


def test_every_source_is_drawn_as_often() -> None:
    wired = fixed_in_degree(3, "j", 10, 4000, 3)
    counts = np.bincount(wired.pre, minlength=10)
    assert np.abs(counts - 1200).max() < 5 * np.sqrt(4000 * 0.3 * 0.7)


def test_exactness_counts_the_synapses_that_are_there() -> None:
    """One target gets all the weight: sums are over its own synapses, not over an average."""
    case = WIRING["sparse_propagation"](0.1)
    program = case.program(Grid(20, 24))
    weights = {m.name: np.zeros(program.shape(m)) for m in program.matrices}
    pairs = next(m for m in program.matrices if m.name == "pairs")
    assert pairs.wiring is not None
    target = np.bincount(pairs.wiring.post).argmax()
    at_target = pairs.wiring.post == target
    weights["pairs"][at_target] = 511.0 / at_target.sum()
    check_exactness(program, weights, {"input": 1.0})
    with pytest.raises(ExactnessLost, match=r"first\.drive"):
        check_exactness(program, {**weights, "pairs": weights["pairs"] * 1.01}, {"input": 1.0})


SCENARIO = """
[scenario]
name = "wired"
[data]
name = "digits"
test = 360
[stream]
kind = "joint"
[network.population]
input = { size = 64, wake = { model = "Clamp" } }
hidden = { size = 64, wake = { model = "RateUnit" } }
output = { size = 10, wake = { model = "RateUnit" } }
[network.projection.first]
pre = "input"
post = "hidden"
connectivity = CONNECTIVITY
[network.projection.second]
pre = "hidden"
post = "output"
[training]
method = "one-sided"
input = "input"
output = "output"
free_steps = 4
nudged_steps = 2
beta = 0.5
"""


@pytest.mark.parametrize(
    ("connectivity", "synapses", "fans"),
    [
        ('{ kind = "all-to-all" }', 64 * 64, 128),
        ('{ kind = "one-to-one" }', 64, 2),
        ('{ kind = "pairs", pairs = [[0, 1], [2, 3], [63, 0]] }', 3, 6 / 64),
        ('{ kind = "fixed-in-degree", in_degree = 5 }', 320, 10),
    ],
)
def test_a_scenario_file_chooses_the_wiring(connectivity: str, synapses: int, fans: float) -> None:
    scenario = parse(SCENARIO.replace("CONNECTIVITY", connectivity))
    weights = scenario.initial_weights(scenario.build_network(), 0)["first.w"]
    assert weights.size == synapses
    assert np.abs(weights).max() <= np.sqrt(6 / fans)
    assert np.abs(weights).max() > 0.2 * np.sqrt(6 / fans)
    assert scenario.data.build().inputs.shape[1] == 64


@pytest.mark.parametrize(
    ("connectivity", "message"),
    [
        ('{ kind = "one-to-many" }', "'network.projection.first.connectivity.kind' = 'one-to-many'; did you mean 'one"),
        ('{ kind = "fixed-in-degree", in_degree = 65 }', r"\[network.projection.first\] connectivity: .*in-degree 65"),
        ('{ kind = "fixed-in-degree" }', "'network.projection.first.connectivity.in_degree' is missing"),
        ('{ kind = "pairs", pairs = [[0, 64]] }', "projection first: a pair has target 64"),
    ],
)
def test_mistakes_in_the_file_are_named(connectivity: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse(SCENARIO.replace("CONNECTIVITY", connectivity)).build_network()
