"""Past outputs, and sums over synapses of which each has a delay."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neurosim.model.connectivity import Delays, Pairs, Wiring
from neurosim.program.source.late_synapses import late_synapses
from neurosim.program.source.past import Past, PastSpikes

SOURCES, TARGETS, LONGEST = 6, 4, 5
synapses = st.lists(
    st.tuples(st.integers(0, SOURCES - 1), st.integers(0, TARGETS - 1), st.integers(1, LONGEST)),
    min_size=1,
    max_size=50,
)


def in_rows(given_synapses: list[tuple[int, int, int]]) -> Wiring:
    pre, post, delay = zip(*given_synapses, strict=True)
    wiring = Pairs(pre, post).wiring.delayed(Delays(delay).array)
    order = wiring.row_order()
    return wiring if order is None else wiring.in_order(order)


def pushed(past: Past, outputs: np.ndarray, initial: float) -> Past:
    past.restart(initial)
    for output in outputs:
        past.push(output)
    return past


def by_hand(wiring: Wiring, outputs: np.ndarray, weight: np.ndarray, back: bool) -> tuple[list[float], int]:
    """One product and one addition after another; and how many of what arrived was not zero."""
    assert wiring.delay is not None
    sums, loud = [0.0] * (SOURCES if back else TARGETS), 0
    for w, pre, post, d in zip(weight, wiring.pre, wiring.post, wiring.delay, strict=True):
        near, far = (post, pre) if back else (pre, post)
        arrived = outputs[-d, near]
        sums[far] += w * arrived
        loud += arrived != 0
    return sums, loud


@given(synapses, st.integers(0, 2**32), st.floats(0, 1), st.booleans(), st.integers(0, 3))
def test_each_synapse_delivers_what_was_put_out_its_delay_before(
    given_synapses: list[tuple[int, int, int]], seed: int, share: float, back: bool, more: int
) -> None:
    wiring, random = in_rows(given_synapses), np.random.default_rng(seed)
    weight, size = random.normal(size=len(given_synapses)), TARGETS if back else SOURCES
    spikes = (random.random((LONGEST + 4, size)) < share).astype(float)
    late = late_synapses(wiring, SOURCES, TARGETS, transposed=back)
    expected, loud = by_hand(wiring, spikes, weight, back)
    past = PastSpikes(LONGEST + more, size)  # another projection may ask for older ones
    pushed(past, spikes, 0.0)
    np.testing.assert_array_equal(late.into(past, weight), expected)
    np.testing.assert_array_equal(late.spikes_into(past, weight), expected)
    assert late.operations(past) == late.operations(pushed(Past(LONGEST + more, size), spikes, 0.0)) == loud


@given(st.integers(1, 6), st.integers(0, 15), st.integers(0, 2**32))
def test_the_newest_outputs_come_first_and_the_initial_one_is_the_oldest(steps: int, count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    outputs = (random.random((count, 3)) < 0.4).astype(float)
    past = PastSpikes(steps, 3)
    pushed(past, outputs, 1.0)
    expected = np.concatenate([np.ones((steps, 3)), outputs])[::-1][:steps].ravel()
    np.testing.assert_array_equal(past.values, expected)
    np.testing.assert_array_equal(past.fired, expected.nonzero()[0])
