"""A network as a PyNN user writes it, run by pyNN.brian2, and the same here: spike for spike, every voltage.

Wiring, weights, delays and input spikes are drawn here and given to both. What was found of pyNN.brian2 0.13:

- It writes the equations of a cell type for Brian2 and leaves the integrator to it: exact where equations are linear
  (``IF_curr_exp``), else Euler (``IF_cond_exp``). While a neuron is refractory, ``v`` alone stands still; currents or
  conductances go on.
- A weight is a current in nA or a conductance in uS, of one sign: at ``inhibitory`` a current is given below 0, a
  conductance above.
- A delay is rounded to whole steps and given to Brian2 as it is. So a spike of step k with a delay of d steps is felt
  in step k + d + 1, and a delay of PyNN is the same delay here. ``min_delay`` of ``setup`` changes nothing else.
- A spike of a ``SpikeSourceArray`` at time t is of step t/dt, as one of ``ns.spike_times``.
- The first sample is the initial value; the one behind it, at dt, is the value at the end of the first step, which is
  the first one here. A conductance sampled there has what arrives in that step, here in the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import neurosim as ns

brian2 = pytest.importorskip("brian2")
pytest.importorskip("pyNN", reason="needs PyNN")

Array = NDArray[Any]

CELLS, INPUTS, DT, MILLISECONDS = 30, 20, 0.1, 200.0
TOLERANCE = 1e-9
"""Of voltages, in mV."""


@dataclass(frozen=True)
class CellType:
    """One of PyNN's, with the same equations here.

    Attributes
    ----------
    values
        Of its parameters, by PyNN's names, in PyNN's units.
    ports
        The variables that excitation and inhibition add to.
    weight, inhibition
        The means of weights, in nA or uS.
    """

    name: str
    equations: tuple[str, ...]
    integrator: str
    values: dict[str, float]
    ports: dict[str, str]
    weight: float
    inhibition: float


COMMON = {"cm": 0.25, "tau_m": 10.0, "v_rest": -65.0, "v_reset": -67.0, "v_thresh": -52.0, "i_offset": 0.2}
TAUS = {"tau_syn_E": 2.0, "tau_syn_I": 5.0}
TYPES = [
    CellType(
        "IF_curr_exp",
        (
            "dv/dt = (v_rest - v)/tau_m + (ie + ii + i_offset)/cm (unless refractory)",
            "die/dt = -ie/tau_syn_E",
            "dii/dt = -ii/tau_syn_I",
        ),
        "exact",
        {**COMMON, **TAUS},
        {"exc": "ie", "inh": "ii"},
        0.5,
        -0.6,
    ),
    CellType(
        "IF_cond_exp",
        (
            "dv/dt = (v_rest - v)/tau_m + (ge*(e_rev_E - v) + gi*(e_rev_I - v) + i_offset)/cm (unless refractory)",
            "dge/dt = -ge/tau_syn_E",
            "dgi/dt = -gi/tau_syn_I",
        ),
        "euler",
        {**COMMON, **TAUS, "e_rev_E": 0.0, "e_rev_I": -80.0},
        {"exc": "ge", "inh": "gi"},
        0.008,
        0.02,
    ),
]


@dataclass(frozen=True)
class Synapses:
    """Pairs with a weight and a delay in ms for each."""

    pre: Array
    post: Array
    weights: Array
    delays: Array

    def rows(self) -> list[tuple[float, ...]]:
        return list(zip(*(a.tolist() for a in (self.pre, self.post, self.weights, self.delays)), strict=True))


@dataclass(frozen=True)
class Drawn:
    """Steps of the spikes of each input, and the synapses of each kind."""

    spikes: list[Array]
    initial: Array
    synapses: dict[str, Synapses]


def drawn(kind: CellType) -> Drawn:
    random = np.random.default_rng(5)
    steps = int(MILLISECONDS / DT)
    spikes = [np.sort(random.choice(steps, 12, replace=False)) for _ in range(INPUTS)]

    def synapses(pre: int, size: float, weight: float) -> Synapses:
        i, j = np.nonzero(random.random((pre, CELLS)) < size)
        return Synapses(i, j, weight * random.uniform(0.5, 1.5, len(i)), 0.1 * random.integers(1, 40, len(i)))

    kinds = {
        "feed": synapses(INPUTS, 0.4, kind.weight),
        "loop": synapses(CELLS, 0.1, kind.weight),
        "inhibition": synapses(CELLS, 0.1, kind.inhibition),
    }
    return Drawn(spikes, random.uniform(-65.0, -53.0, CELLS), kinds)


def ours(kind: CellType, given: Drawn) -> ns.Recording:
    params = {n: f"{x} {_unit(n)}" for n, x in kind.values.items()}
    cell = ns.ode(
        *kind.equations, spike="v > v_thresh", reset="v = v_reset", refractory="2 ms", params=params,
        ports=kind.ports, dt=DT, integrator=kind.integrator,
    )  # fmt: skip
    net = ns.NetworkBuilder(seed=1)
    indices = np.repeat(np.arange(INPUTS), [len(s) for s in given.spikes])
    net.source("inputs", ns.spike_times(INPUTS, indices, DT * np.concatenate(given.spikes)))
    cells = net.population("cells", CELLS, cell, initial={"v": given.initial})
    for name, s in given.synapses.items():
        pre, port = "inputs" if name == "feed" else "cells", "inh" if name == "inhibition" else "exc"
        net.connect(pre, "cells", ns.pairs(s.pre, s.post), weight=s.weights, delay=s.delays, to=port, name=name)
    return ns.simulate(net, MILLISECONDS, [cells.spikes, cells.v])


def theirs(kind: CellType, given: Drawn) -> tuple[Array, Array]:
    """(step, neuron) of each spike, and samples of ``v`` of shape (steps + 1, cells)."""
    import pyNN.brian2 as sim

    sim.setup(timestep=DT, min_delay=DT)
    times = [DT * s for s in given.spikes]
    inputs = sim.Population(INPUTS, sim.SpikeSourceArray(spike_times=times))
    cells = sim.Population(CELLS, getattr(sim, kind.name)(tau_refrac=2.0, **kind.values))
    cells.initialize(v=given.initial)
    for name, s in given.synapses.items():
        pre, receptor = inputs if name == "feed" else cells, "inhibitory" if name == "inhibition" else "excitatory"
        sim.Projection(pre, cells, sim.FromListConnector(s.rows()), sim.StaticSynapse(), receptor_type=receptor)
    cells.record(["spikes", "v"])
    sim.run(MILLISECONDS)
    (segment,) = cells.get_data().segments
    sim.end()
    found = [(round(float(t) / DT), n) for n, train in enumerate(segment.spiketrains) for t in train.magnitude]
    return np.array(sorted(found)), np.asarray(segment.analogsignals[0].magnitude)


def _unit(parameter: str) -> str:
    return {"c": "nF", "t": "ms", "v": "mV", "e": "mV", "i": "nA"}[parameter[0]]


@pytest.fixture(autouse=True)
def numpy_code() -> Iterator[None]:
    """Nothing is compiled, and later tests find Brian2 as it was."""
    before, brian2.prefs.codegen.target = brian2.prefs.codegen.target, "numpy"
    brian2.start_scope()
    yield
    brian2.prefs.codegen.target = before


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
def test_spikes_and_voltages_are_those_of_pynn(kind: CellType) -> None:
    given = drawn(kind)
    spikes, voltages = theirs(kind, given)
    recording = ours(kind, given)
    assert len(spikes) > 100
    np.testing.assert_array_equal(recording.spikes()["cells.spikes"].events.pairs(), spikes)
    np.testing.assert_allclose(recording.traces()["cells.v"].values, voltages[1:], rtol=0, atol=TOLERANCE)
