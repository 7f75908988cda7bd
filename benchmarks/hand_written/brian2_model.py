"""Equilibrium propagation and sleep as one would write them by hand in Brian2: groups, synapses, operations on both.

A projection is one `Synapses` with a summed variable for each direction. Data are timed arrays or a spike generator, so
they are part of what is compiled; a standalone program is built once and run again from its initial weights.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import brian2
import numpy as np
from brian2 import ms

from hand_written import Array, EpTrainer, Relaxation, Sleep, Sleeper

Build = Callable[[], tuple[Any, list[Any], Any]]
"""A network, what it learns, and how long to run it."""

RATE_UNIT = "du/dt = (-u + ff + fb + b + nudge*(y - u))/tau : 1\nff : 1\nfb : 1\nb : 1\ny : 1\nu_free : 1"


def ep_trainer(
    weights: Sequence[Array], biases: Sequence[Array], relaxation: Relaxation, target: str = "standalone"
) -> EpTrainer:
    """`target` is "standalone", "cython" or "numpy"; the first call builds the model around its data."""
    shapes = [w.shape for w in weights] + [b.shape for b in biases]
    trained: list[Callable[[], list[Array]]] = []

    def train(inputs: Array, targets: Array) -> tuple[list[Array], list[Array]]:
        if not trained:
            trained.append(_built(lambda: _ep_network(weights, biases, relaxation, inputs, targets), target))
        found = [a.reshape(s) for a, s in zip(trained[0](), shapes, strict=True)]
        return found[: len(weights)], found[len(weights) :]

    return train


def _ep_network(weights: Any, biases: Any, r: Relaxation, inputs: Array, targets: Array) -> tuple[Any, list[Any], Any]:
    trial = (r.free + r.nudged) * ms
    space = {"tau": ms / r.eps, "T": r.free + r.nudged, "free": r.free, "beta": r.beta}
    space |= {"X": brian2.TimedArray(inputs, dt=trial), "Y": brian2.TimedArray(targets, dt=trial)}

    # What the input drives is computed once a trial: a relay between the input and the first layer has a trial's clock.
    clamp = brian2.NeuronGroup(len(weights[0]), "x : 1", dt=trial, namespace=space)
    relay = brian2.NeuronGroup(len(biases[0]), "d : 1\nu : 1 (linked)\nu_free : 1 (linked)", dt=trial, namespace=space)
    layers = [_layer(k, biases, space) for k in range(len(biases))]
    relay.u, relay.u_free = brian2.linked_var(layers[0], "u"), brian2.linked_var(layers[0], "u_free")
    layers[0].ff = brian2.linked_var(relay, "d")
    parts = [clamp, relay, *layers, clamp.run_regularly("x = X(t, i)", dt=trial, when="start")]
    parts.append(layers[-1].run_regularly("y = Y(t, i)", dt=trial, when="start"))

    matrices = [brian2.Synapses(clamp, relay, "w : 1\nd_post = w*x_pre : 1 (summed)", dt=trial, namespace=space)]
    for low, high in pairwise(layers):
        model = "w : 1\nff_post = w*u_pre : 1 (summed)\nfb_pre = w*u_post : 1 (summed)"
        matrices.append(brian2.Synapses(low, high, model, namespace=space))
    changes = ["x_pre*(u_post - u_free_post)"] + ["(u_pre*u_post - u_free_pre*u_free_post)"] * (len(layers) - 1)
    for matrix, w, change, lr in zip(matrices, weights, changes, r.rates, strict=True):
        matrix.connect()
        matrix.w = w.ravel()
        parts += [matrix, matrix.run_regularly(f"w += {lr / r.beta!r}*{change}", dt=trial, when="start", order=-10)]
    for layer, b, lr in zip(layers, biases, r.rates, strict=True):
        layer.b = b
        rule = f"b += {lr / r.beta!r}*(u - u_free)"
        parts += [
            layer.run_regularly("u = clip(u, 0, 1)", when="after_groups"),
            layer.run_regularly("u_free = u_free + int(t_in_timesteps % T == free)*(u - u_free)", when="start"),
            layer.run_regularly(rule, dt=trial, when="start", order=-10),
            layer.run_regularly("u = 0", dt=trial, when="start", order=-5),
        ]
    learned = [(m, "w") for m in matrices] + [(layer, "b") for layer in layers]
    return brian2.Network(parts), learned, len(inputs) * trial + ms  # the last trial is learned from after its end


def _layer(k: int, biases: Sequence[Array], space: dict[str, Any]) -> Any:
    equations = RATE_UNIT
    if k == 0:
        equations = equations.replace("\nff : 1", "\nff : 1 (linked)")
    nudge = "beta*int(t_in_timesteps % T >= free)" if k == len(biases) - 1 else "0"
    equations += f"\nnudge = {nudge} : 1 (constant over dt)"
    return brian2.NeuronGroup(len(biases[k]), equations, method="euler", namespace=space)


def sleeper(weights: Sequence[Array], sleep: Sleep, target: str = "standalone") -> Sleeper:
    """An input's spike reaches a layer one step later than in neurosim, as any other spike does."""
    slept: list[Callable[[], list[Array]]] = []

    def run(spikes: Any) -> list[Array]:
        if not slept:
            slept.append(_built(lambda: _sleeping_network(weights, sleep, spikes), target))
        return [a.reshape(w.shape) for a, w in zip(slept[0](), weights, strict=True)]

    return run


def _sleeping_network(weights: Sequence[Array], s: Sleep, spikes: Any) -> tuple[Any, list[Any], Any]:
    space = {"decay": s.decay, "theta": s.theta, "inc": s.inc, "dec": s.dec}
    steps, units = np.nonzero(spikes)
    groups = [brian2.SpikeGeneratorGroup(spikes.shape[1], units, steps * ms)]
    parts = []
    for w in weights:
        unit = brian2.NeuronGroup(w.shape[1], "v : 1\nI : 1", threshold="v >= theta", reset="v = 0", namespace=space)
        parts.append(unit.run_regularly("v = decay*v + I\nI = 0", when="groups"))
        groups.append(unit)
    matrices = []
    for (pre, post), w in zip(pairwise(groups), weights, strict=True):
        matrix = brian2.Synapses(
            pre,
            post,
            "w : 1\nlast : integer",
            on_pre="I_post += w\nlast = t_in_timesteps",
            on_post="w += int(w <= 0)*(int(last == t_in_timesteps - 1)*2*(inc + dec) - 2*dec)",
            namespace=space,
        )
        matrix.connect()
        matrix.w, matrix.last = w.ravel(), -10
        matrix.post.order, matrix.pre.order = 0, 1  # learn, then deliver
        matrices.append(matrix)
    network = brian2.Network(groups, matrices, parts)
    network.schedule = ["start", "groups", "thresholds", "resets", "synapses", "end"]
    return network, [(m, "w") for m in matrices], (len(spikes) + 1) * ms


def _built(build: Build, target: str) -> Callable[[], list[Array]]:
    """What runs the model from its initial weights and gives what it has learned."""
    brian2.defaultclock.dt = ms
    return standalone(build) if target == "standalone" else _at_runtime(build, target)


def standalone(build: Build) -> Callable[[], list[Any]]:
    """What starts the compiled model, and gives the arrays that were asked for."""
    folder = tempfile.mkdtemp(prefix="hand-written-")
    brian2.set_device("cpp_standalone", build_on_run=False)
    try:
        network, learned, duration = build()
        network.run(duration)
        brian2.device.build(directory=folder, run=False)
        results = Path(folder) / brian2.device.results_dir
        variables = [o.variables[v] for o, v in learned]
        files = [(results / brian2.device.get_array_filename(v), v.dtype) for v in variables]
    finally:
        brian2.device.reinit()
        brian2.set_device("runtime")

    def run() -> list[Any]:
        subprocess.run(["./main"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        return [np.fromfile(f, dtype) for f, dtype in files]

    return run


def _at_runtime(build: Build, target: str) -> Callable[[], list[Array]]:
    brian2.prefs.codegen.target = target
    network, learned, duration = build()
    network.store()

    def run() -> list[Array]:
        network.restore()
        network.run(duration)
        return [np.array(getattr(o, v)[:]) for o, v in learned]

    return run
