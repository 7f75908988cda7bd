"""Wiring by a rule: degrees, probabilities, order, memory, and what is refused."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import neurosim as ns
from neurosim.errors import EquationError, ModelError
from neurosim.model.connectivity import Pairs, random_wiring
from neurosim.model.connectivity.rules import Sides, WiringRule
from neurosim.model.connectivity.rules import distance as by_distance_module
from neurosim.model.randomness import stream

LINE = np.arange(30.0)[:, np.newaxis]
"""Positions of 30 neurons."""


def drawn(rule: WiringRule, pre: int, post: int, same: bool = False, name: str = "j") -> Pairs:
    return rule.draw(stream(1, "wiring", name), Sides(pre, post, same, "projection j"))


def counts(pairs: Pairs, side: int, size: int) -> np.ndarray:
    return np.bincount(tuple(pairs.wiring)[side], minlength=size)


RULES = (
    ns.random(0.3),
    ns.random(0.3, self_connections=False),
    ns.fixed_in_degree(5),
    ns.fixed_in_degree(5, self_connections=False),
    ns.fixed_in_degree(40, multiple=True, self_connections=False),
    ns.fixed_out_degree(7),
    ns.fixed_out_degree(28, self_connections=False),
    ns.fixed_out_degree(40, multiple=True),
    ns.fixed_total(200),
    ns.fixed_total(800, self_connections=False),
    ns.fixed_total(2000, multiple=True, self_connections=False),
    ns.by_distance("exp(-d/10)", LINE),
    ns.by_distance(lambda d: np.exp(-d / 10), LINE, self_connections=False),
    ns.from_matrix(np.eye(30)[::-1]),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: type(r).__name__)
def test_pairs_are_in_the_order_of_rows_and_drawn_anew_from_another_stream(rule: WiringRule) -> None:
    found = drawn(rule, 30, 30, same=True)
    assert found.wiring.row_order() is None
    assert found.wiring.pre.dtype == np.int32
    assert found == drawn(rule, 30, 30, same=True)
    if not isinstance(rule, type(RULES[-1])):
        assert found != drawn(rule, 30, 30, same=True, name="k")
    own = found.wiring.pre == found.wiring.post
    assert own.any() == getattr(rule, "self_connections", False)
    if not getattr(rule, "multiple", False):
        assert len(set(zip(*found.wiring, strict=True))) == len(found.wiring)
    drawn(rule, 30, 30).indices(30, 30, "projection j")


def test_neurons_of_two_populations_are_never_the_same() -> None:
    rule = ns.fixed_total(900, self_connections=False)
    assert len(drawn(rule, 30, 30, same=False).wiring) == 900


def test_degrees_are_what_they_should_be() -> None:
    assert (counts(drawn(ns.fixed_in_degree(5), 30, 50), 1, 50) == 5).all()
    assert (counts(drawn(ns.fixed_out_degree(5), 30, 50), 0, 30) == 5).all()
    assert (counts(drawn(ns.fixed_in_degree(50, multiple=True), 30, 20), 1, 20) == 50).all()
    assert len(drawn(ns.fixed_total(77), 30, 50).wiring) == 77


@pytest.mark.parametrize(
    ("rule", "p"),
    [
        (ns.random(0.02), 0.02),
        (ns.random(0.6), 0.6),
        (ns.fixed_in_degree(20), 0.02),
        (ns.fixed_out_degree(20), 0.02),
        (ns.fixed_total(20_000), 0.02),
        (ns.fixed_total(700_000), 0.7),
        (ns.by_distance(lambda d: np.full(d.shape, 0.02), np.zeros((1000, 1))), 0.02),
    ],
    ids=lambda r: type(r).__name__,
)
def test_each_pair_is_as_likely(rule: WiringRule, p: float) -> None:
    size = 1000
    found = drawn(rule, size, size)
    sd = np.sqrt(size * p * (1 - p))
    for side in (0, 1):
        assert np.abs(counts(found, side, size) - size * p).max() < 5.5 * sd
    diagonal = (found.wiring.pre == found.wiring.post).sum()
    assert abs(diagonal - size * p) < 5 * sd
    square = np.histogram2d(found.wiring.pre, found.wiring.post, bins=10, range=[[0, size], [0, size]])[0]
    each = size**2 / 100
    chi_square = ((square - each * p) ** 2 / (each * p * (1 - p))).sum()
    assert chi_square < 100 + 5 * np.sqrt(200)


def test_without_self_connections_all_others_are_as_likely() -> None:
    rule = ns.fixed_in_degree(3, self_connections=False)
    square = np.zeros((8, 8))
    for k in range(2000):
        square[tuple(drawn(rule, 8, 8, True, str(k)).wiring)] += 1
    assert (np.diag(square) == 0).all()
    others = square[~np.eye(8, dtype=bool)]
    p = 3 / 7
    assert np.abs(others - 2000 * p).max() < 5 * np.sqrt(2000 * p * (1 - p))


def test_what_scenarios_have_drawn_stays() -> None:
    """Digests of what earlier versions drew: runs that were kept are known by them."""
    digests = [
        random_wiring.fixed_in_degree(0, "input_hidden", 64, 4, 5).wiring.digest,
        random_wiring.fixed_in_degree(3, "j", 1000, 200, 50).wiring.digest,
    ]
    assert hashlib.sha256("".join(digests).encode()).hexdigest()[:16] == "325a0f75cd6eb2b6"


# by distance


def test_probability_follows_from_distance() -> None:
    line = np.arange(2000.0)[:, np.newaxis]
    found = drawn(ns.by_distance("0.8*exp(-d/scale)", line, parameters={"scale": "0.02 mm"}), 2000, 2000, same=True)
    apart = np.abs(found.wiring.pre - found.wiring.post)
    for d in (1, 10, 40):
        candidates, p = 2 * (2000 - d), 0.8 * np.exp(-d / 20)
        assert abs((apart == d).sum() - candidates * p) < 5 * np.sqrt(candidates * p * (1 - p))


@pytest.mark.parametrize("periodic", [None, (4, 3)])
def test_distance_is_the_shortest_way(periodic: tuple[float, ...] | None) -> None:
    grid = ns.grid_layout(3, 4, 1)
    expected = np.zeros((12, 12), dtype=bool)
    for i, a in enumerate(grid):
        for j, b in enumerate(grid):
            images = [(x, y) for x in (-4, 0, 4) for y in (-3, 0, 3)] if periodic else [(0, 0)]
            expected[i, j] = min(np.hypot(*(a - b + image)) for image in images) <= 1
    found = drawn(ns.by_distance("where(d <= 1, 1, 0)", grid, periodic=periodic), 12, 12)
    assert np.array_equal(np.argwhere(expected), np.stack(tuple(found.wiring), axis=1))


@given(st.integers(1, 100_000))
def test_blocks_of_sources_change_nothing(block: int) -> None:
    rule = ns.by_distance("exp(-d/5)", LINE, LINE[:20])
    expected = drawn(rule, 30, 20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_distance_module, "BLOCK", block)
        assert drawn(rule, 30, 20) == expected


# matrices


@pytest.mark.parametrize("form", ["array", "csr_matrix", "csc_array", "coo_matrix", "lil_matrix"])
def test_a_matrix_gives_pairs_and_weights(form: str) -> None:
    dense = np.array([[0.0, 2.0, 0.0], [-1.0, 0.0, 0.5]])
    found = ns.from_matrix(dense if form == "array" else getattr(sparse, form)(dense))
    assert found.pairs == Pairs([0, 1, 1], [1, 0, 2])
    assert found.weights.values.tolist() == [2.0, -1.0, 0.5]
    assert drawn(found, 2, 3) is found.pairs


def test_entries_that_are_stored_twice_are_summed_and_the_matrix_stays() -> None:
    given = sparse.coo_matrix(([1.0, 2.0, 0.0], ([1, 1, 0], [1, 1, 0])), shape=(2, 2)).tocsr()
    before = given.data.copy()
    found = ns.from_matrix(given)
    assert (found.pairs, found.weights.values.tolist()) == (Pairs([0, 1], [0, 1]), [0.0, 3.0])
    assert np.array_equal(given.data, before)


def test_what_needs_no_list_has_a_name_like_the_others() -> None:
    assert (ns.one_to_one(), ns.all_to_all()) == (ns.OneToOne(), ns.AllToAll())
    assert ns.pairs([0], [1]) == ns.Pairs([0], [1])


# size


@pytest.mark.parametrize(
    ("rule", "most"),
    [
        (ns.random(0.1), 2.3),
        (ns.fixed_out_degree(1000), 2.3),
        (ns.fixed_in_degree(1000), 4),
        (ns.fixed_total(10**7), 5),
    ],
    ids=lambda r: type(r).__name__,
)
def test_ten_million_synapses_take_their_own_memory(rule: WiringRule, most: float) -> None:
    tracemalloc.start()
    try:
        found = drawn(rule, 10_000, 10_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.wiring) == pytest.approx(1e7, rel=0.001)
    assert peak < most * 8 * len(found.wiring)


# mistakes

SHEET = ns.grid_layout(3, 3, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ns.random(0), "random: p = 0; expected a probability above 0, at most 1"),
        (lambda: ns.random(1.5), "random: p = 1.5; expected a probability above 0, at most 1"),
        (lambda: ns.random("2 %"), "random: p = '2 %'; expected a finite number"),
        (lambda: ns.random(0.1, self_connections="no"), "random: self_connections = 'no'; expected True or False"),
        (lambda: drawn(ns.random(1e-9), 3, 3), "projection j: random(p=1e-09) drew no pair at all"),
        (lambda: drawn(ns.random(1, self_connections=False), 1, 1, True), "drew no pair at all"),
        (lambda: ns.fixed_in_degree(0), "fixed_in_degree: n = 0; expected a whole number from 1"),
        (lambda: ns.fixed_in_degree(2.5), "fixed_in_degree: n = 2.5; expected a whole number from 1"),
        (lambda: ns.fixed_in_degree(2, multiple=1), "fixed_in_degree: multiple = 1; expected True or False"),
        (
            lambda: drawn(ns.fixed_in_degree(4), 3, 9),
            "projection j: fixed_in_degree: n = 4; expected at most the number of sources of each target, 3, "
            "or multiple=True",
        ),
        (
            lambda: drawn(ns.fixed_in_degree(3, self_connections=False), 3, 3, True),
            "expected at most the number of sources of each target, 2, or multiple=True",
        ),
        (
            lambda: drawn(ns.fixed_out_degree(4), 9, 3),
            "projection j: fixed_out_degree: n = 4; expected at most the number of targets of each source, 3",
        ),
        (
            lambda: drawn(ns.fixed_out_degree(1, multiple=True, self_connections=False), 1, 1, True),
            "expected at most the number of targets of each source, 0",
        ),
        (lambda: ns.fixed_total(-1), "fixed_total: n = -1; expected a whole number of at least 1"),
        (
            lambda: drawn(ns.fixed_total(10), 3, 3),
            "projection j: fixed_total: n = 10; expected at most the number of pairs, 9, or multiple=True",
        ),
        (lambda: ns.by_distance(0.5, SHEET), "by_distance: probability 0.5; expected a text such as 'exp(-d/100)'"),
        (lambda: ns.by_distance("exp(-r)", SHEET), "by_distance: probability: unknown name 'r' in 'exp(-r)'"),
        (lambda: ns.by_distance("expo(-d)", SHEET), "unknown function 'expo' in 'expo(-d)'; did you mean 'exp'?"),
        (lambda: ns.by_distance("__import__('os')", SHEET), "unknown function '__import__'"),
        (lambda: ns.by_distance("d", SHEET, parameters={"d": 1}), "parameters: 'd' is the distance"),
        (lambda: ns.by_distance("d/a", SHEET, parameters={"a": "1 foo"}), "parameters: a = '1 foo': there is no unit"),
        (
            lambda: ns.by_distance("d", [1, 2]),
            "positions of the source have shape (2,); expected (neurons, dimensions)",
        ),
        (lambda: ns.by_distance("d", SHEET, LINE), "positions of the source have 2 dimensions, those of the target 1"),
        (lambda: ns.by_distance("d", SHEET, periodic=(3,)), "periodic = (3,); expected 2 lengths above 0"),
        (lambda: ns.by_distance("d", SHEET, periodic=True), "periodic = True; expected the sides of the box"),
        (lambda: ns.by_distance("d", SHEET, periodic=("3 ms", "3 ms")), "a unit of ms; expected one of um"),
        (lambda: drawn(ns.by_distance("d", SHEET), 9, 9), "projection j: by_distance: probability is 2 at d = 2 um"),
        (lambda: drawn(ns.by_distance("1/d - 1", SHEET), 9, 9), "probability is inf at d = 0 um; expected 0 to 1"),
        (lambda: drawn(ns.by_distance("0*d", SHEET), 9, 9), "projection j: by_distance drew no pair at all"),
        (lambda: drawn(ns.by_distance("1", SHEET), 8, 9), "9 positions of the source; expected 8, one for each neuron"),
        (lambda: drawn(ns.by_distance(lambda d: d[0], SHEET), 9, 9), "has shape (9,) for distances of shape (9, 9)"),
        (lambda: ns.grid_layout(0, 3, 1), "grid_layout: rows 0; expected a whole number of at least 1"),
        (lambda: ns.grid_layout(2, 3, "1 ms"), "grid_layout: spacing = '1 ms': a unit of ms; expected one of um"),
        (lambda: ns.grid_layout(2, 3, 0), "grid_layout: spacing = 0; expected a length above 0"),
        (lambda: ns.from_matrix([1.0, 2.0]), "of shape (2,); expected two axes, (sources, targets)"),
        (lambda: ns.from_matrix(np.zeros((2, 2))), "a matrix of shape (2, 2) without entries"),
        (lambda: ns.from_matrix([[np.nan]]), "from_matrix: the matrix has values that are not finite"),
        (lambda: ns.from_matrix([["a"]]), "from_matrix: the matrix has values of type"),
        (
            lambda: drawn(ns.from_matrix(np.eye(3)), 3, 4),
            "projection j: a matrix of shape (3, 3); expected (3, 4), a row for each source",
        ),
        (lambda: ns.pairs([0, 1], [0]), "pairs of 2 sources and 1 targets"),
        (lambda: Sides(0, 3), "wiring: sources 0; expected a whole number of at least 1"),
        (lambda: Sides(2, 3, same=True), "wiring: one population of 2 and of 3 neurons"),
    ],
)
def test_what_cannot_be_wired_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises((ModelError, EquationError)) as refused:
        call()
    assert message in str(refused.value)
