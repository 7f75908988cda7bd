"""A projection of some pairs is one of all pairs in which the others deliver nothing, whatever they learn."""

from __future__ import annotations

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend.reference import ReferenceBackend
from neurosim.model.connectivity import Pairs
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import SpikeInput
from neurosim.model.synapses import SynapseModel
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid, quantise
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials
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
        indices, first = _indices(case.network, j.name), f"{j.name}.{next(iter(s.state))}"
        learned[f"{j.name}.present"], learned[first] = np.zeros(shape), np.zeros(shape)
        learned[f"{j.name}.present"][indices] = 1.0
        learned[first][indices] = case.learned[first]
    return Network(case.network.populations, projections), learned


def _indices(network: Network, projection: str) -> tuple[np.ndarray, np.ndarray]:
    wiring = network.wiring(projection)
    assert wiring is not None
    return wiring.pre, wiring.post


@pytest.mark.parametrize("name", [name for name in WIRING if name != "several_synapses"])
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
        indices = _indices(case.network, j.name)
        same = {f"{j.name}.{v}": whole[f"{j.name}.{v}"][indices] for v in j.synapse.state}
        assert largest_difference({n: sparse[n] for n in same}, same) == 0.0
        assert not j.learning or any(np.any(sparse[n] != case.learned.get(n, 0.0)) for n in same)


@pytest.mark.parametrize("share", [0.05, 0.9], ids=["few spikes", "many spikes"])
def test_sums_come_by_source_then_as_given_in_float64(share: float) -> None:
    """v' = decay*v + drive, the terms of a drive added one by one; a pair has several synapses, in no order."""
    random = np.random.Generator(np.random.Philox(5))
    pre, post = random.integers(0, 30, 400), random.integers(0, 4, 400)
    weights, spikes = random.normal(size=400), random.random((1, 20, 30)) < share
    integrator = ns.NeuronModel("Sum", {"v": 0.0}, {}, update={"v": "0.9*v + drive"}, output="v")
    network = Network(
        [Population("input", 30, SpikeInput), Population("sum", 4, integrator)],
        [Projection("w", "input", "sum", connectivity=Pairs(pre, post))],
    )
    schedule = Schedule([Phase("run", 20)], [Probe("sum.v", "step")], {"input.x": "events"})
    with ReferenceBackend().compile(lower(network, schedule)) as session:
        session.write({"w.w": weights})
        found = session.run(Trials({"input.x": Events.from_dense(spikes)}))["sum.v@step"]
        np.testing.assert_array_equal(session.read()["w.w"], weights)

    expected, v = [], [0.0] * 4
    for step in range(20):
        drive = [0.0] * 4
        for k in sorted(range(400), key=lambda k: pre[k]):
            drive[post[k]] += float(spikes[0, step, pre[k]]) * weights[k]
        v = [0.9 * x + d for x, d in zip(v, drive, strict=True)]
        expected.append(v)
    np.testing.assert_array_equal(found[0], expected)
