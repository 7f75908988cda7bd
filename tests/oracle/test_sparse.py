"""A projection of some pairs is one of all pairs in which the others deliver nothing, whatever they learn."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.model.network import Network, Projection
from neurosim.model.synapses import SynapseModel
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid, quantise
from neurosim.results.agreement.differences import largest_difference
from neurosim.testing.agreement import assert_probes_agree
from neurosim.testing.cases.small import Case
from neurosim.testing.cases.wiring import WIRING


def in_matrices(case: Case) -> tuple[Network, dict[str, np.ndarray]]:
    """The network with every pair connected, and its learned arrays; ``present`` is 1 where the case has a synapse."""
    projections, learned = [], dict(case.learned)
    for j in case.network.projections:
        s = j.synapse
        masked = SynapseModel(s.name, {**s.state, "present": 0.0}, f"present*({s.weight})", s.params)
        projections.append(
            Projection(j.name, j.pre, j.post, masked, j.learning, j.reciprocal, j.port, j.reciprocal_port, j.delay)
        )
        shape = case.network.population(j.pre).size, case.network.population(j.post).size
        indices, first = case.network.indices(j), f"{j.name}.{next(iter(s.state))}"
        learned[f"{j.name}.present"], learned[first] = np.zeros(shape), np.zeros(shape)
        learned[f"{j.name}.present"][indices] = 1.0
        learned[first][indices] = case.learned[first]
    return Network(case.network.populations, projections), learned


@pytest.mark.parametrize("name", WIRING)
def test_activity_and_learning_are_those_of_matrices(name: str) -> None:
    case = WIRING[name](1.0)
    network, learned = in_matrices(case)
    runs = []
    for net, weights in ((case.network, case.learned), (network, learned)):
        program = lower(net, case.schedule, precision=Grid())
        with ReferenceBackend().compile(program) as session:
            session.write(quantise(weights, program)[0])
            runs.append((session.run(case.trials, constants=case.constants), session.read()))
    (found, sparse), (expected, whole) = runs
    assert_probes_agree(found, expected)
    for j in case.network.projections:
        indices = case.network.indices(j)
        same = {f"{j.name}.{v}": whole[f"{j.name}.{v}"][indices] for v in j.synapse.state}
        assert largest_difference({n: sparse[n] for n in same}, same) == 0.0
        assert not j.learning or any(np.any(sparse[n] != case.learned.get(n, 0.0)) for n in same)
