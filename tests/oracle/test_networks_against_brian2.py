"""Networks of Brian2's own examples, as Brian2's users write them, and the same here: spike for spike.

Wiring and initial values are drawn here and given to both. Brian2 integrates as it does by itself. Two programs may
round a last bit in another way, and networks may amplify it: so spikes are held to be equal for 100 ms, and beyond that
for as long as they are where one unit in the last place of our own initial values is changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import neurosim as ns
from neurosim.model.distributions import Distribution, Given

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
    initial: dict[str, Distribution]
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
    {"v": ns.uniform(-60, -50)},
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
    {"v": ns.normal(-65, 5), "ge": ns.normal(4, 1.5), "gi": ns.normal(20, 12)},
    "0.6",
    "6.7",
)  # fmt: skip


def ours(example: Example, initial: Mapping[str, Mapping[str, Given]] | None = None) -> ns.NetworkBuilder:
    """The network, with initial values of each population that were drawn before; else they are drawn."""
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
        net.population(name, size, cell, initial=example.initial if initial is None else initial[name])
    for post in "ei":
        net.connect("e", post, ns.random(p=0.02), weight=example.excitation, to="exc")
        net.connect("i", post, ns.random(p=0.02), weight=example.inhibition, to="inh")
    return net


def initial_values(net: ns.NetworkBuilder) -> dict[str, dict[str, Array]]:
    """Those of each variable of each population."""
    populations = {name: net.build().network.population(name) for name in "ei"}
    return {name: {v: p.fixed[v].values for v in p.initial} for name, p in populations.items()}


def nudged(values: Mapping[str, Mapping[str, Array]], towards: float) -> dict[str, dict[str, Given]]:
    """All values, changed by one unit in the last place."""
    return {name: {v: np.nextafter(x, towards) for v, x in own.items()} for name, own in values.items()}


def sorted_spikes(pairs: Array) -> Array:
    return pairs[np.lexsort(pairs.T[::-1])]


def spikes(net: ns.NetworkBuilder, milliseconds: float) -> Array:
    """(step, neuron) of each spike of a network of ours."""
    found = ns.simulate(net, milliseconds, [net["e"].spikes, net["i"].spikes]).spikes()
    e, i = (found[f"{n}.spikes"].events.pairs() for n in "ei")
    return sorted_spikes(np.concatenate([e, i + np.array([0, EXCITATORY])]))


def first_difference(one: Array, other: Array) -> float:
    """The first step of a spike that is not in both; infinite if there is none."""
    apart = {*map(tuple, one)} ^ {*map(tuple, other)}
    return min((step for step, _ in apart), default=math.inf)


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
    values = initial_values(net)
    for variable in example.initial:
        unit = brian2.mV if variable == "v" or example is CUBA else 1
        setattr(cells, variable, np.concatenate([values[name][variable] for name in "ei"]) * unit)
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
    pairs = np.stack([np.rint(monitor.t / (0.1 * brian2.ms)).astype(int), np.asarray(monitor.i)], axis=1)
    return sorted_spikes(pairs)


@pytest.mark.parametrize("example", [CUBA, COBA], ids=["cuba", "coba"])
def test_an_example_of_brian2_spikes_as_in_brian2(example: Example) -> None:
    net = ours(example)
    found, expected = spikes(net, 100), theirs(example, net, 100)
    assert len(expected) > 1000
    assert expected[-1, 0] > 950
    np.testing.assert_array_equal(found, expected)


@pytest.mark.slow
@pytest.mark.parametrize("example", [CUBA, COBA], ids=["cuba", "coba"])
def test_it_does_until_one_ulp_of_our_own_initial_values_shows(example: Example) -> None:
    """Brian2's first spike that differs comes no earlier than the first one with values one ulp up, or down."""
    net = ours(example)
    found, values = spikes(net, 1000), initial_values(net)
    ulp = [first_difference(found, spikes(ours(example, nudged(values, sign)), 1000)) for sign in (-np.inf, np.inf)]
    assert first_difference(found, theirs(example, net, 1000)) >= max(1000, min(ulp))


def test_a_difference_is_found() -> None:
    """What the test before this one can tell apart: a hundredth of a millivolt."""
    net = ours(CUBA)
    shifted = {name: {"v": own["v"] - 0.01} for name, own in initial_values(net).items()}
    assert first_difference(spikes(net, 20), spikes(ours(CUBA, shifted), 20)) < 200
