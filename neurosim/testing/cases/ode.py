"""Small runs of models of differential equations, integrated exactly: their steps need no function but `where`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurosim.model.connectivity import Pairs
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import SpikeInput, driven
from neurosim.model.ode import ode
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Trials
from neurosim.testing.cases.library import weights
from neurosim.testing.cases.small import Case, generator

CURRENTS = ode(
    "dv/dt = (e_l - v + ge + gi)/tau_m",
    "dge/dt = -ge/tau_e",
    "dgi/dt = -gi/tau_i",
    spike="v > v_th",
    reset={"v": "v_r"},
    refractory="t_ref",
    params={
        "tau_m": "20 ms", "tau_e": "5 ms", "tau_i": "10 ms", "e_l": "-49 mV", "v_th": "-50 mV", "v_r": "-60 mV",
        "t_ref": "2 ms",
    },
    ports={"exc": "ge", "inh": "gi"},
    initial={"v": "-60 mV"},
    dt="0.5 ms",
    name="currents",
)  # fmt: skip
"""Currents that decay; the membrane stands still while a neuron is refractory."""

ADAPTING = ode(
    "dv/dt = (e_l - v - w + r*i_ext)/tau_m (unless refractory)",
    "dw/dt = (a*(v - e_l) - w)/tau_w",
    spike="v > v_th",
    reset="v = v_r; w += 0.25*(v - e_l)",
    refractory="1.5 ms",
    params={
        "tau_m": "10 ms", "tau_w": "30 ms", "e_l": "-60 mV", "v_th": "-50 mV", "v_r": "-62 mV", "a": 0.25,
        "r": "100 MOhm", "i_ext": driven(0.05),
    },
    ports={"exc": "v", "slow": "w"},
    initial={"v": "-60 mV"},
    dt="0.5 ms",
    name="adapting",
)  # fmt: skip
"""Adaptation goes on while the membrane stands still; what arrives moves both at once; a current is driven."""

JUMPING = ode(
    "dv/dt = (e_l - v)/tau_m",
    spike="v > v_th",
    reset={"v": "v_r"},
    params={"tau_m": "10 ms", "e_l": "-55 mV", "v_th": "-50 mV", "v_r": "-60 mV"},
    ports={"exc": "v"},
    initial={"v": "-60 mV"},
    dt="0.5 ms",
    name="jumping",
)
"""What arrives moves the membrane at once, and is lost in the step of a spike."""


def _network(random: np.random.Generator) -> Network:
    of_each = {"tau_m": random.uniform(5, 30, 8), "t_ref": random.uniform(1, 4, 8)}
    some, every = (Pairs(random.integers(0, n, 40), random.integers(0, 8, 40)) for n in (9, 8))
    return Network(
        [
            Population("input", 9, SpikeInput),
            Population("currents", 8, CURRENTS, parameters=of_each),
            Population("adapting", 8, ADAPTING, initial={"v": random.uniform(-60, -55, 8)}),
            Population("jumping", 8, JUMPING),
        ],
        [
            Projection("feed", "input", "currents", port="exc"),
            Projection("late", "input", "adapting", port="exc", connectivity=some, delay=3),
            Projection("jump", "input", "jumping", port="exc"),
            Projection("forth", "currents", "adapting", port="slow", connectivity=every),
            Projection("back", "jumping", "currents", port="inh", delay=2),
        ],
    )


def ode_exact(length: float = 1.0) -> Case:
    """Three such models: refractory times and time constants of each neuron, a driven current, resets of each kind."""
    random = generator(90)
    network = _network(random)
    steps = round(120 * length)
    names = ("currents", "adapting", "jumping")
    probes = [Probe(f"{n}.{what}", "step") for n in names for what in ("spike", "v")]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events", "adapting.i_ext": "constant"})
    stimuli: dict[str, Array | Events] = {
        "input.x": Events.from_dense(random.random((2, steps, 9)) < 0.2),
        "adapting.i_ext": np.round(random.uniform(0, 0.15, (2, 8)) * 2**20) / 2**20,
    }
    return Case("ode_exact", network, schedule, weights(network, 91, -0.5, 3.0), Trials(stimuli))


ODE: dict[str, Callable[[float], Case]] = {f.__name__: f for f in (ode_exact,)}
"""Name and maker of each."""
