"""Sums over the synapses of a sparse matrix: of those that fired or of all, forwards and backwards, for many trials."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.backend.reference import ReferenceBackend
from neurosim.backend.row_order import RowOrder
from neurosim.model.connectivity import Pairs
from neurosim.program.program import Program
from neurosim.program.run import bind
from neurosim.program.source.blocks import BlockSynapses, block_listing
from neurosim.program.source.listing import listing
from neurosim.program.source.synapses import Synapses
from neurosim.testing.cases.wiring import WIRING

SOURCES, TARGETS = 7, 5
pairs = st.lists(st.tuples(st.integers(0, SOURCES - 1), st.integers(0, TARGETS - 1)), min_size=1, max_size=60)


def in_rows(given_pairs: list[tuple[int, int]]) -> Synapses:
    wiring = Pairs(*zip(*given_pairs, strict=True)).wiring
    order = wiring.row_order()
    return Synapses(wiring if order is None else wiring.in_order(order), SOURCES, TARGETS)


def by_hand(synapses: Synapses, given_values: np.ndarray, weight: np.ndarray, backwards: bool) -> list[float]:
    """One product and one addition after another, in the order of the rows."""
    sums = [0.0] * (SOURCES if backwards else TARGETS)
    for w, pre, post in zip(weight, *synapses.wiring, strict=True):
        near, far = (post, pre) if backwards else (pre, post)
        sums[far] += given_values[near] * w
    return sums


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@given(pairs, st.integers(0, 2**32), st.floats(0, 1))
def test_spikes_add_what_all_synapses_add_bit_for_bit(
    backwards: bool, given_pairs: list[tuple[int, int]], seed: int, share: float
) -> None:
    synapses, random = in_rows(given_pairs), np.random.default_rng(seed)
    weight = random.normal(size=len(given_pairs))
    spikes = (random.random((3, TARGETS if backwards else SOURCES)) < share).astype(float)
    into = "into_sources" if backwards else "into_targets"
    expected = [by_hand(synapses, one, weight, backwards) for one in spikes]
    for of_a_trial in (into, f"spikes_{into}"):
        np.testing.assert_array_equal([getattr(synapses, of_a_trial)(one, weight) for one in spikes], expected)
        np.testing.assert_array_equal(getattr(BlockSynapses(synapses, 3), of_a_trial)(spikes, weight), expected)


@given(pairs, st.lists(st.integers(0, TARGETS - 1), unique=True))
def test_the_synapses_of_some_targets_are_found(given_pairs: list[tuple[int, int]], targets: list[int]) -> None:
    synapses = in_rows(given_pairs)
    found = synapses.of_targets(np.array(sorted(targets), dtype=int))
    assert sorted(found.tolist()) == [k for k, post in enumerate(synapses.wiring.post) if post in targets]


def test_few_spikes_are_summed_from_their_rows_alone() -> None:
    """A weight that no spike reaches is not looked at: here it is NaN, which the sum over all would show."""
    synapses = in_rows([(i % SOURCES, i % TARGETS) for i in range(35)])
    weight = np.where(synapses.wiring.pre == 0, 1.0, np.nan)
    spikes = np.eye(SOURCES)[0]
    assert np.isfinite(synapses.spikes_into_targets(spikes, weight)).all()
    with np.errstate(invalid="ignore"):
        assert not np.isfinite(synapses.into_targets(spikes, weight)).all()


def rewired(program: Program) -> Program:
    """The program with other synapses, and one more of each matrix."""
    return program.rewired(
        {n: Pairs([*w.pre[::-1], 0], [*w.post[::-1], 0]).wiring for n, w in program.wirings().items()}
    )


@pytest.mark.parametrize("name", WIRING)
def test_no_printed_text_has_the_wiring_in_it(name: str) -> None:
    case = WIRING[name](0.1)
    programs = case.program(), rewired(case.program())
    first, second = (bind(p, case.trials, case.constants, learn=False) for p in programs)
    assert listing(first) == listing(second)
    assert block_listing(first) == block_listing(second)
    assert not re.search(r"\d+, \d+, \d+", listing(first))


def test_learned_arrays_have_the_order_in_which_synapses_were_given() -> None:
    case = WIRING["sparse_traces"](0.1)
    program = case.program()
    weights = case.learned_for(program)["pairs.w"]
    assert RowOrder(program).program != program
    with ReferenceBackend().compile(program) as session:
        session.write({"pairs.w": weights})
        np.testing.assert_array_equal(session.read()["pairs.w"], weights)
        assert np.any(session.learned["pairs.w"] != weights)


def test_what_synapses_learn_does_not_depend_on_the_order_in_which_they_are_given() -> None:
    case = WIRING["sparse_spikes"](0.2)
    program = case.program()
    order = np.random.default_rng(0).permutation(len(program.wirings()["pairs"]))
    other = program.rewired({"pairs": program.wirings()["pairs"].in_order(order)})
    learned = case.learned_for(program)
    results = []
    for p, weights in ((program, learned), (other, learned | {"pairs.w": learned["pairs.w"][order]})):
        with ReferenceBackend().compile(p) as session:
            session.write(weights)
            session.run(case.trials, constants=case.constants)
            results.append(session.read())
    assert np.any(results[0]["pairs.w"] != learned["pairs.w"])
    np.testing.assert_array_equal(results[0]["pairs.w"][order], results[1]["pairs.w"])
    np.testing.assert_array_equal(results[0]["ones.w"], results[1]["ones.w"])
