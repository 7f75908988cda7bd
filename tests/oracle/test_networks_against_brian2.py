"""Networks of Brian2's own examples, as Brian2's users write them, and the same here: spike for spike.

Wiring and initial values are drawn here and given to both. Brian2 integrates as it does by itself.
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

Array = NDArray[Any]

EXCITATORY, INHIBITORY = 3200, 800


@dataclass(frozen=True)
class Example:
    """Texts of the equations, and what they need, in units that both read.

    Attributes
    ----------
    method
        Brian2's name of the integrator.
    """

    equations: tuple[str, ...]
    constants: dict[str, str]
    method: str
    integrator: str
    v: tuple[float, float]
    excitation: str
    inhibition: str


CUBA = Example(
    (
        "dv/dt = (ge + gi - (v - El))/taum : volt (unless refractory)",
        "dge/dt = -ge/taue : volt",
        "dgi/dt = -gi/taui : volt",
    ),
    {"taum": "20 ms", "taue": "5 ms", "taui": "10 ms", "Vt": "-50 mV", "Vr": "-60 mV", "El": "-49 mV"},
    "exact",
    "exact",
    (-60.0, -50.0),
    "1.62 mV",
    "-9 mV",
)
COBA = Example(
    (
        "dv/dt = (ge*(Ee - v) + gi*(Ei - v) - (v - El))/taum : volt (unless refractory)",
        "dge/dt = -ge/taue : 1",
        "dgi/dt = -gi/taui : 1",
    ),
    {
        "taum": "20 ms", "taue": "5 ms", "taui": "10 ms", "Vt": "-50 mV", "Vr": "-60 mV", "El": "-60 mV",
        "Ee": "0 mV", "Ei": "-80 mV",
    },
    "exponential_euler",
    "exponential-euler",
    (-60.0, -45.0),
    "0.6",
    "6.7",
)  # fmt: skip


def ours(example: Example) -> ns.NetworkBuilder:
    cell = ns.ode(
        *example.equations,
        spike="v > Vt",
        reset={"v": "Vr"},
        refractory="5 ms",
        params=example.constants,
        ports={"exc": "ge", "inh": "gi"},
        dt="0.1 ms",
        integrator=example.integrator,
        name="cell",
    )
    net = ns.NetworkBuilder(seed=1)
    for name, size in (("e", EXCITATORY), ("i", INHIBITORY)):
        net.population(name, size, cell, initial={"v": ns.uniform(*example.v)})
    for post in "ei":
        net.connect("e", post, ns.random(p=0.02), weight=example.excitation, to="exc")
        net.connect("i", post, ns.random(p=0.02), weight=example.inhibition, to="inh")
    return net


@pytest.fixture(autouse=True)
def numpy_code() -> Iterator[None]:
    """Nothing is compiled, and later tests find Brian2 as it was."""
    before, brian2.prefs.codegen.target = brian2.prefs.codegen.target, "numpy"
    brian2.start_scope()
    yield
    brian2.prefs.codegen.target = before


def quantity(text: str) -> Any:
    value, _, unit = text.partition(" ")
    return float(value) * getattr(brian2, unit) if unit else float(value)


def theirs(example: Example, net: ns.NetworkBuilder, milliseconds: float) -> Array:
    """(step, neuron) of each spike, with the wiring and the initial values of a network of ours."""
    setup, named = net.build(), {n: quantity(text) for n, text in example.constants.items()}
    cells = brian2.NeuronGroup(
        EXCITATORY + INHIBITORY,
        "\n".join(example.equations),
        threshold="v > Vt",
        reset="v = Vr",
        refractory=5 * brian2.ms,
        method=example.method,
        namespace=named,
        dt=0.1 * brian2.ms,
    )
    populations = [setup.network.population(name) for name in "ei"]
    cells.v = np.concatenate([p.fixed["v"].values for p in populations]) * brian2.mV
    parts = {"e": cells[:EXCITATORY], "i": cells[EXCITATORY:]}
    synapses = []
    for j in setup.network.projections:
        variable, weight = ("ge", example.excitation) if j.pre == "e" else ("gi", example.inhibition)
        found = brian2.Synapses(
            parts[j.pre], parts[j.post], on_pre=f"{variable} += w", namespace={"w": quantity(weight)}
        )
        wiring = setup.network.wiring(j.name)
        assert wiring is not None
        sources, targets = wiring
        found.connect(i=np.asarray(sources), j=np.asarray(targets))
        synapses.append(found)
    monitor = brian2.SpikeMonitor(cells)
    brian2.Network(cells, monitor, *synapses).run(milliseconds * brian2.ms)
    return np.stack([np.rint(monitor.t / (0.1 * brian2.ms)).astype(int), np.asarray(monitor.i)], axis=1)


@pytest.mark.parametrize("example", [CUBA, COBA], ids=["cuba", "coba"])
def test_an_example_of_brian2_spikes_as_in_brian2(example: Example) -> None:
    net = ours(example)
    recording = ns.simulate(net, "100 ms", [net["e"].spikes, net["i"].spikes])
    e, i = (recording.spikes()[f"{n}.spikes"] for n in "ei")
    pairs = np.concatenate([e.events.pairs(), i.events.pairs() + np.array([0, EXCITATORY])])
    found = pairs[np.lexsort(pairs.T[::-1])]
    expected = theirs(example, net, 100)
    assert len(expected) > 1000
    np.testing.assert_array_equal(found, expected[np.lexsort(expected.T[::-1])])
