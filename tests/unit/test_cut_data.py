"""Parts of trials that there are not are refused, whatever the data are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError, ModelError

EVENTS = ns.Events.from_dense(np.ones((2, 4, 3)))
ROWS = ns.Rows(np.zeros((2, 4, 3)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: EVENTS.between(0, 9), "events: steps 0 to 9 of a trial of 4; expected 0 <= first <= stop <= 4"),
        (lambda: EVENTS.between(-2, 1), "events: steps -2 to 1"),
        (lambda: EVENTS.between(3, 1), "events: steps 3 to 1"),
        (lambda: ROWS.between(0, 9), "rows: steps 0 to 9 of a trial of 4"),
        (lambda: ns.Trials({"i.s": np.zeros((2, 4, 3))}).between(2, 9), "stimulus: steps 2 to 9 of a trial of 4"),
        (lambda: ns.Trials({"i.x": EVENTS}).between(2, 9), "events: steps 2 to 9"),
        (lambda: EVENTS.take([9]), "events: of 2 trials"),
        (lambda: ROWS.take([9]), "rows: of 2 trials"),
        (lambda: ROWS[9], "rows: of 2 trials"),
    ],
)
def test_a_part_that_there_is_not_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        call()
    assert message in str(refused.value)


def test_a_trial_without_steps_has_events_without_steps() -> None:
    empty = ns.Trials({"i.x": EVENTS, "i.s": np.zeros((2, 4, 3))}).between(0, 0)
    assert empty.count == 2


def test_a_delay_that_nothing_can_count_is_refused() -> None:
    late = ns.Projection("p", "a", "b", connectivity=ns.OneToOne(), delay=2**40)
    with pytest.raises(ModelError, match="projection p: delay of 1,099,511,627,776 steps; at most 65,536 can be kept"):
        ns.Network([ns.Population("a", 2, ns.LIF), ns.Population("b", 2, ns.LIF)], [late])
