"""A kernel learns what unrolled synapses learn if their changes are added, bit for bit on the grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from neurosim.model.connectivity import Pairs, SharedWeights
from neurosim.model.network import Network, Projection
from neurosim.program.precision import Grid
from neurosim.program.schedule import Array
from neurosim.testing.cases.small import Case
from neurosim.testing.targets import REFERENCE, Target, case_named, outcome
from neurosim.testing.test_contract import claimed

CASE = "convolutional_propagation"


def unrolled(network: Network) -> Network:
    """Return the network with a weight for each synapse."""

    def alone(j: Projection) -> Projection:
        wiring = network.wiring(j.name)
        is_shared = isinstance(j.connectivity, SharedWeights) and wiring is not None
        return replace(j, connectivity=Pairs(wiring.pre, wiring.post)) if is_shared and wiring is not None else j

    return Network(network.populations, [alone(j) for j in network.projections])


@lru_cache(maxsize=4)
def learned_unrolled(length: float) -> Mapping[str, Array]:
    """Return what the reference learns in the case, trial by trial on unrolled synapses, whose changes are added."""
    case = case_named(CASE, length)
    alone = Case(case.name, unrolled(case.network), case.schedule, {}, case.trials)
    learned = case.learned_for(case.program(Grid()))
    wirings = case.network.wirings()
    of_wirings = {n: wirings[n.partition(".")[0]].share for n in learned if n.partition(".")[0] in wirings}
    shares = {n: share for n, share in of_wirings.items() if share is not None}
    with REFERENCE.compile(alone.program(Grid())) as session:
        for trial in range(case.trials.count):
            before = {n: a.take(shares[n]) if n in shares else a for n, a in learned.items()}
            session.write(before)
            session.run(case.trials.part(trial, trial + 1))
            for n, after in session.read().items():
                if n not in shares:
                    learned[n] = after
                else:
                    changes = np.bincount(shares[n], after - before[n], learned[n].size).reshape(learned[n].shape)
                    learned[n] = learned[n] + changes
    return learned


def test_kernel_learns_the_sum(neurosim_target: Target) -> None:
    """Every learned value is equal to that of unrolled synapses whose changes are added."""
    claimed(neurosim_target, case_named(CASE, neurosim_target.length).program(Grid()))
    _, learned = outcome(neurosim_target, CASE, Grid())
    expected = learned_unrolled(neurosim_target.length)
    assert {n for n, a in learned.items() if not np.array_equal(a, expected[n])} == set()
