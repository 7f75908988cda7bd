"""Models of differential equations spike where hand-written Brian2 spikes, in every step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend.reference import ReferenceBackend

brian2 = pytest.importorskip("brian2")

SIZE, STEPS, DT = 40, 1000, 0.1

CUBA = """
dv/dt = (ge + gi - (v - e_l))/tau_m : volt (unless refractory)
dge/dt = -ge/tau_e : volt
dgi/dt = -gi/tau_i : volt
"""
COBA = CUBA.replace("ge + gi - (v - e_l)", "(ge*(e_e - v) + gi*(e_i - v))/one - (v - e_l)")
LEAKY = "dv/dt = (e_l - v)/tau_m : volt"
LEAKY_HELD = f"{LEAKY} (unless refractory)"
ADAPTING = """
dv/dt = (e_l - v - w)/tau_m : volt (unless refractory)
dw/dt = (a*(v - e_l) - w)/tau_w : volt
"""

PARAMS = {"tau_m": "20 ms", "tau_e": "5 ms", "tau_i": "10 ms", "e_l": "-49 mV", "v_th": "-50 mV", "v_r": "-60 mV"}


@dataclass(frozen=True)
class Script:
    """One model in Brian2's own words, and the variables to which excitatory and inhibitory spikes add."""

    equations: str
    reset: str
    targets: tuple[str, str]
    refractory: str | None = None
    weights: tuple[float, float] = (1.62, -9.0)
    params: Mapping[str, str] = field(default_factory=dict)
    integrator: str = "exact"

    def constants(self) -> dict[str, str]:
        return {**PARAMS, **self.params}


SCRIPTS = {
    "currents, refractory": Script(CUBA, "v = v_r", ("ge", "gi"), "5 ms"),
    "currents, euler": Script(CUBA, "v = v_r", ("ge", "gi"), "5 ms", integrator="euler"),
    "currents, exponential Euler": Script(CUBA, "v = v_r", ("ge", "gi"), "5 ms", integrator="exponential-euler"),
    "conductances, exponential Euler": Script(
        COBA, "v = v_r", ("ge", "gi"), "5 ms", (0.1, 0.5), {"e_e": "0 mV", "e_i": "-80 mV", "one": "1 mV"},
        "exponential-euler",
    ),
    "membrane, held while refractory": Script(LEAKY_HELD, "v = v_r", ("v", "v"), "2 ms", (0.6, -1.0)),
    "membrane, refractory for one step": Script(LEAKY_HELD, "v = v_r", ("v", "v"), "0.1 ms", (0.6, -1.0)),
    "membrane, refractory for no step": Script(LEAKY_HELD, "v = v_r", ("v", "v"), "0.04 ms", (0.6, -1.0)),
    "membrane, reset to a value": Script(LEAKY, "v = v_r", ("v", "v"), None, (0.6, -1.0)),
    "membrane, reset by subtraction": Script(LEAKY, "v -= 10*mV", ("v", "v"), None, (0.6, -1.0)),
    "membrane, reset to a share": Script(LEAKY, "v = 1.2*v", ("v", "v"), None, (0.6, -1.0)),
    "currents, reset": Script(CUBA, "v = v_r; ge = 0*mV; gi *= 0.5", ("ge", "gi"), "3 ms"),
    "adaptation reads what is held": Script(
        ADAPTING, "v = v_r; w += b", ("v", "w"), "3 ms", (0.8, 0.05),
        {"a": "0.02", "b": "0.5 mV", "tau_w": "30 ms", "e_l": "-45 mV"},
    ),
    "adaptation takes over what arrived": Script(
        ADAPTING.replace(" (unless refractory)", ""), "w += 0.1*(v - v_r); v = v_r", ("v", "w"), None, (0.8, 0.05),
        {"a": "0.02", "tau_w": "30 ms", "e_l": "-45 mV"},
    ),
}  # fmt: skip


def wiring() -> tuple[np.ndarray, np.ndarray]:
    """Sources and targets, no neuron to itself; the first four fifths excite."""
    pairs = np.argwhere(np.random.Generator(np.random.Philox(5)).random((SIZE, SIZE)) < 0.2)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return pairs[:, 0], pairs[:, 1]


def initial() -> np.ndarray:
    return np.random.Generator(np.random.Philox(6)).uniform(-60, -50.5, SIZE)


def delays(count: int) -> np.ndarray:
    """In steps, as Brian2 counts them: 0 is its shortest."""
    return np.random.Generator(np.random.Philox(7)).integers(0, 12, count)


def of_brian2(script: Script) -> tuple[np.ndarray, np.ndarray]:
    """Spikes as pairs of step and neuron, and the first neuron's membrane at the end of each step."""
    brian2.start_scope()
    brian2.prefs.codegen.target = "numpy"
    clock, ms, mV = brian2.Clock(DT * brian2.ms), brian2.ms, brian2.mV
    space = {n: eval(t.replace(" ", "*"), {"ms": ms, "mV": mV}) for n, t in script.constants().items()}
    refractory = eval(script.refractory.replace(" ", "*"), {"ms": ms}) if script.refractory else False
    method = script.integrator.replace("-", "_")
    group = brian2.NeuronGroup(
        SIZE, script.equations, threshold="v > v_th", reset=script.reset, refractory=refractory, method=method,
        clock=clock, namespace={**space, "mV": mV},
    )  # fmt: skip
    group.v = initial() * mV
    sources, targets = wiring()
    parts = [group]
    exciting = sources < SIZE * 4 // 5
    for target, weight, chosen in zip(script.targets, script.weights, (exciting, ~exciting), strict=True):
        synapses = brian2.Synapses(group, group, on_pre=f"{target}_post += {weight}*mV", namespace={"mV": mV})
        synapses.connect(i=sources[chosen], j=targets[chosen])
        synapses.delay = delays(len(sources))[chosen] * DT * ms
        parts.append(synapses)
    spikes = brian2.SpikeMonitor(group)
    trace = brian2.StateMonitor(group, "v", record=[0], when="end", clock=clock)
    network = brian2.Network(*parts, spikes, trace)
    network.run(STEPS * DT * ms, namespace={})
    steps = np.round(np.asarray(spikes.t / ms) / DT).astype(int)
    return np.stack([steps, np.asarray(spikes.i)], axis=1), np.asarray(trace.v[0] / mV)


def of_neurosim(script: Script) -> tuple[np.ndarray, np.ndarray]:
    exc, inh = script.targets
    model = ns.ode(
        script.equations, spike="v > v_th", reset=script.reset, refractory=script.refractory,
        params={n: v for n, v in script.constants().items() if n in script.equations + script.reset + "v_th"},
        ports={"exc": exc, "inh": inh}, dt=DT, integrator=script.integrator, name="scripted",
    )  # fmt: skip
    sources, targets = wiring()
    exciting = sources < SIZE * 4 // 5
    projections = [
        ns.Projection(
            port, "group", "group", port=port, delay=delays(len(sources))[chosen] + 1,
            connectivity=ns.Pairs(sources[chosen], targets[chosen]),
        )
        for port, chosen in (("exc", exciting), ("inh", ~exciting))
    ]  # fmt: skip
    network = ns.Network([ns.Population("group", SIZE, model, initial={"v": initial()})], projections)
    probes = [ns.Probe("group.spike", "step"), ns.Probe("group.v", "step", units=[0])]
    program = ns.lower(network, ns.Schedule([ns.Phase("run", STEPS)], probes))
    weights = {
        f"{port}.w": np.full(chosen.sum(), weight)
        for port, weight, chosen in zip(("exc", "inh"), script.weights, (exciting, ~exciting), strict=True)
    }
    with ReferenceBackend().compile(program) as session:
        session.write(weights)
        records = session.run(ns.Trials({}, count=1))
    return records["group.spike@step"].pairs(), records["group.v@step"][0, :, 0]


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_spike_is_brian2s(name: str) -> None:
    script = SCRIPTS[name]
    expected, _ = of_brian2(script)
    found, _ = of_neurosim(script)
    assert len(expected) > SIZE  # it is a network that is busy
    assert found.tolist() == sorted(expected.tolist())


def test_a_neuron_without_input_has_brian2s_membrane() -> None:
    script = Script(CUBA, "v = v_r", ("ge", "gi"), "5 ms", (0.0, 0.0))
    (_, expected), (_, found) = of_brian2(script), of_neurosim(script)
    np.testing.assert_allclose(found, expected, rtol=1e-11)
