"""Synapses with statements for spikes, as a Brian2 user writes them, and the same here: spikes and weights are equal.

A network with loops, a delay for each synapse, and inputs that make neurons before and behind a synapse spike in one
step. Wiring, weights, delays and input spikes are drawn here and given to both. A run here has one step more: what a
spike of the last step does happens at the beginning of the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import neurosim as ns

brian2 = pytest.importorskip("brian2")

Array = NDArray[Any]

CELLS, INPUTS, STEPS = 12, 15, 600
EQUATIONS = ("dv/dt = (ge - v)/taum : 1 (unless refractory)", "dge/dt = -ge/taue : 1")
CONSTANTS = {"taum": "10 ms", "taue": "3 ms"}
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Described:
    """A synapse in texts that both read.

    Attributes
    ----------
    stored
        Lines of the variables that Brian2 wants declared.
    initial
        First values that are not 0.
    """

    equations: tuple[str, ...]
    on_pre: str
    on_post: str = ""
    constants: dict[str, Any] = field(default_factory=dict)
    stored: str = "w : 1"
    initial: dict[str, float] = field(default_factory=dict)

    @property
    def kept(self) -> list[str]:
        """Variables that can be compared in the end: Brian2 has others as they were at their last spike."""
        goes_on = [e[1 : e.index("/")] for e in self.equations if "clock-driven" in e]
        return [*(line.partition(" ")[0] for line in self.stored.splitlines()), *goes_on]


STDP = Described(
    ("dapre/dt = -apre/taupre : 1 (event-driven)", "dapost/dt = -apost/taupost : 1 (event-driven)"),
    "ge_post += w; apre += Apre; w = clip(w + apost, 0, gmax)",
    "apost += Apost; w = clip(w + apre, 0, gmax)",
    {"taupre": "20 ms", "taupost": "15 ms", "gmax": 1.2, "Apre": 0.03, "Apost": -0.0325},
)
UPDATED_FIRST = Described(
    STDP.equations,
    "apre += Apre; w = clip(w + apost, 0, gmax); ge_post += w + 0.5*apre",
    "w = clip(w + apre, 0, gmax); apost += Apost",
    STDP.constants,
)
COUPLED = Described(
    ("dy/dt = (x - y)/tau_y : 1 (clock-driven)", "dx/dt = -x/tau_x : 1 (clock-driven)"),
    "ge += w*(1 + 0.1*y); x += 1",
    "w *= 0.999; w -= 0.001*x; w += 0.002*y",
    {"tau_x": "5 ms", "tau_y": "8 ms"},
)
SHORT_TERM = Described(
    ("du/dt = -u/tau_f : 1 (clock-driven)", "dx/dt = (1 - x)/tau_d : 1 (clock-driven)"),
    "u += U*(1 - u); ge_post += 4*w*u*x; x -= u*x",
    constants={"U": 0.4, "tau_f": "50 ms", "tau_d": "20 ms"},
    initial={"x": 1.0},
)
CALCIUM = Described(
    ("dc/dt = -c/tau_c : 1 (event-driven)",),
    "ge_post += w\nc += up  # of a spike before\nn += 1",
    "c += down\nw = where(c > theta, w + 0.01, w - 0.005)",
    {"tau_c": "12 ms", "up": 0.6, "down": 0.4, "theta": 0.7},
    "w : 1\nn : 1",
)
SYNAPSES = {
    "stdp": STDP,
    "updated first": UPDATED_FIRST,
    "coupled": COUPLED,
    "short term": SHORT_TERM,
    "calcium": CALCIUM,
}


@pytest.fixture(autouse=True)
def numpy_code() -> Iterator[None]:
    """Nothing is compiled, and later tests find Brian2 as it was."""
    before, brian2.prefs.codegen.target = brian2.prefs.codegen.target, "numpy"
    brian2.start_scope()
    yield
    brian2.prefs.codegen.target = before


@dataclass(frozen=True)
class Drawn:
    """Spikes of the inputs, and the synapses from inputs and between cells."""

    spikes: Array
    feed: tuple[Array, Array]
    loop: tuple[Array, Array]
    delays: dict[str, Array]
    weights: dict[str, Array]


def drawn() -> Drawn:
    random = np.random.default_rng(7)
    spikes = random.random((STEPS, INPUTS)) < 0.04
    spikes[::50] = True  # all at once, and cells soon after, in one step with others
    feed = random.integers(0, INPUTS, 90), random.integers(0, CELLS, 90)
    loop = random.integers(0, CELLS, 50), random.integers(0, CELLS, 50)
    return Drawn(
        spikes,
        feed,
        loop,
        {"feed": random.integers(0, 12, 90), "loop": random.integers(0, 25, 50)},
        {"feed": random.uniform(0.3, 1.1, 90), "loop": random.uniform(0.1, 0.6, 50)},
    )


def ours(described: Described, given: Drawn) -> ns.NetworkBuilder:
    cell = ns.ode(
        *EQUATIONS, spike="v > 1", reset="v = 0", refractory="1 ms", params=CONSTANTS, ports={"exc": "ge"}, dt="0.5 ms"
    )
    synapse = ns.synapse(
        *described.equations,
        described.stored,
        on_pre=described.on_pre,
        on_post=described.on_post,
        params=described.constants,
        initial=described.initial,
    )
    net = ns.NetworkBuilder(seed=1)
    steps, units = np.nonzero(given.spikes)
    net.source("inputs", ns.spike_times(INPUTS, units, 0.5 * steps))
    net.population("cells", CELLS, cell)
    for name, pre in (("feed", "inputs"), ("loop", "cells")):
        wiring = ns.pairs(*getattr(given, name))
        net.connect(
            pre, "cells", wiring, weight=given.weights[name], delay=0.5 * given.delays[name], synapse=synapse, name=name
        )
    return net


def theirs(described: Described, given: Drawn) -> tuple[Array, dict[str, dict[str, Array]]]:
    """(step, neuron) of each spike, and what is kept at the synapses in the end."""
    ms, named = brian2.ms, {n: _quantity(x) for n, x in {**CONSTANTS, **described.constants}.items()}
    named["where"] = brian2_where
    steps, units = np.nonzero(given.spikes)
    inputs = brian2.SpikeGeneratorGroup(INPUTS, units, steps * 0.5 * ms, dt=0.5 * ms)
    cells = brian2.NeuronGroup(
        CELLS, "\n".join(EQUATIONS), threshold="v > 1", reset="v = 0", refractory=1 * ms, method="exact",
        namespace=named, dt=0.5 * ms,
    )  # fmt: skip
    synapses = {}
    for name, pre in (("feed", inputs), ("loop", cells)):
        found = brian2.Synapses(
            pre, cells, "\n".join([*described.equations, described.stored]), on_pre=described.on_pre.replace(";", "\n"),
            on_post=described.on_post.replace(";", "\n") or None, method="exact", namespace=named, dt=0.5 * ms,
        )  # fmt: skip
        sources, targets = getattr(given, name)
        found.connect(i=sources, j=targets)
        found.w = given.weights[name]
        found.pre.delay = given.delays[name] * 0.5 * ms
        for variable, value in described.initial.items():
            setattr(found, variable, value)
        synapses[name] = found
    monitor = brian2.SpikeMonitor(cells)
    brian2.Network(inputs, cells, monitor, *synapses.values()).run(STEPS * 0.5 * ms)
    spikes = np.stack([np.rint(monitor.t / (0.5 * ms)).astype(int), np.asarray(monitor.i)], axis=1)
    kept = described.kept
    return spikes, {name: {v: np.array(getattr(s, v)) for v in kept} for name, s in synapses.items()}


@brian2.check_units(c=bool, x=1, y=1, result=1)
def brian2_where(c: Any, x: Any, y: Any) -> Any:
    return np.where(c, x, y)


def _quantity(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    value, _, unit = given.partition(" ")
    return float(value) * getattr(brian2, unit)


@pytest.mark.parametrize("name", SYNAPSES)
def test_spikes_and_weights_are_those_of_brian2(name: str) -> None:
    described, given = SYNAPSES[name], drawn()
    spikes, kept = theirs(described, given)
    net = ours(described, given)
    recording = ns.simulate(net, 0.5 * (STEPS + 1), [net["cells"].spikes])
    found = recording.spikes()["cells.spikes"].events.pairs()
    found = found[found[:, 0] < STEPS]
    assert len(spikes) > 200
    np.testing.assert_array_equal(found, spikes[np.lexsort(spikes.T[::-1])])
    for projection, variables in kept.items():
        for variable, values in variables.items():
            learned = recording.learned[f"{projection}.{variable}"]
            np.testing.assert_allclose(learned, values, rtol=0, atol=TOLERANCE)
        changed = recording.learned[f"{projection}.w"] != given.weights[projection]
        assert changed.any() != (name == "short term")


def test_cells_before_and_behind_a_synapse_spike_in_one_step() -> None:
    """What the comparison is to cover, is there: both statements in one step at one synapse."""
    given = drawn()
    spikes, _ = theirs(STDP, given)
    spiked = np.zeros((STEPS, CELLS), bool)
    spiked[spikes[:, 0], spikes[:, 1]] = True
    (sources, targets), delays = given.loop, given.delays["loop"]
    both = [spiked[: STEPS - d, i] & spiked[d:, j] for i, j, d in zip(sources, targets, delays, strict=True)]
    assert sum(int(b.sum()) for b in both) > 20
