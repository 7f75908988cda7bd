"""Sparse networks of spiking cells: Brian2's benchmarks CUBA and COBA at three sizes, and CUBA with STDP.

Four cells in five excite, the others inhibit; two pairs of cells in a hundred have a synapse. Weights are smaller where
there are more cells, so that as much arrives, and every synapse has its own. Each cell has a constant input, by which
the network stays active.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from hand_written.spiking_network import (
    DT,
    REFRACTORY,
    REVERSAL_EXC,
    REVERSAL_INH,
    STDP,
    TAU,
    TAU_EXC,
    TAU_INH,
    THETA,
    Activity,
    Rows,
    SpikingNetwork,
)

import neurosim as ns
from neurosim.model.randomness import stream
from neurosim.program.program import Program

SIZES: Mapping[str, int] = {"1k": 1000, "4k": 4000, "16k": 16_000}
WIRED = 0.02
"""The share of pairs that have a synapse, and of cells..."""
EXCITATORY = 0.8
"""...that excite."""
WEIGHTS: Mapping[str, tuple[float, float]] = {"cuba": (1.62, -9.0), "coba": (0.6, 6.7), "stdp": (1.62, -9.0)}
"""Mean excitatory and inhibitory weight among 4000 cells; one synapse's is half as large to half as large again."""
CURRENTS = 9.0, 14.0

CURRENT = ns.NeuronModel(
    "CurrentCell",
    state={"v": 0.0, "g": 0.0, "h": 0.0, "wait": 0.0},
    params={
        "tau": TAU, "tau_exc": TAU_EXC, "tau_inh": TAU_INH, "dt": DT, "theta": THETA, "refractory": REFRACTORY,
        "current": ns.learned(),
    },
    derived={
        "decay": "exp(-dt/tau)",
        "decay_exc": "exp(-dt/tau_exc)",
        "decay_inh": "exp(-dt/tau_inh)",
        "gain_exc": "tau_exc/(tau_exc - tau)*(decay_exc - decay)",
        "gain_inh": "tau_inh/(tau_inh - tau)*(decay_inh - decay)",
    },
    update={
        "v": "where(wait > 0, 0, decay*v + gain_exc*(g + exc) + gain_inh*(h + inh) + (1 - decay)*current)",
        "g": "(g + exc)*decay_exc",
        "h": "(h + inh)*decay_inh",
        "wait": "maximum(wait - 1, 0)",
    },
    spike="v > theta",
    reset={"v": "0", "wait": "refractory - 1"},
    output="spike",
    ports=("exc", "inh"),
)  # fmt: skip
"""Leaky integrate-and-fire with currents that decay; the exact solution of a step, as Brian2 has it."""

CONDUCTANCE = ns.NeuronModel(
    "ConductanceCell",
    state=CURRENT.state,
    params={**CURRENT.params, "reversal_exc": REVERSAL_EXC, "reversal_inh": REVERSAL_INH},
    update={
        "v": "where(wait > 0, 0, v + dt/tau*((g + exc)*(reversal_exc - v) + (h + inh)*(reversal_inh - v)"
        " + (current - v)))",
        "g": "(g + exc)*(1 - dt/tau_exc)",
        "h": "(h + inh)*(1 - dt/tau_inh)",
        "wait": "maximum(wait - 1, 0)",
    },
    spike="v > theta",
    reset=CURRENT.reset,
    output="spike",
    ports=("exc", "inh"),
)
"""The same with conductances, by Euler's method."""

TRACED = ns.NeuronModel(
    "TracedCell",
    state={**CURRENT.state, "z": 0.0, "trace": 0.0},
    params={**CURRENT.params, "tau_trace": TAU},
    derived={**CURRENT.derived, "keep": "exp(-dt/tau_trace)"},
    update={**CURRENT.update, "z": "0", "trace": "keep*trace"},
    spike="v > theta",
    reset={**CURRENT.reset, "z": "1", "trace": "trace + 1"},
    output="spike",
    ports=("exc", "inh"),
)
"""The first with what pair STDP reads."""

MODELS: Mapping[str, ns.NeuronModel] = {"cuba": CURRENT, "coba": CONDUCTANCE, "stdp": TRACED}


@dataclass(frozen=True)
class SparseWork:
    """A network of spiking cells for neurosim and, the same, for what is written by hand; named as in the table."""

    name: str
    program: Program
    by_hand: SpikingNetwork

    @property
    def count(self) -> int:
        """Of trials."""
        return 1

    @property
    def steps(self) -> int:
        """Of the trial."""
        return self.by_hand.steps

    @property
    def learned(self) -> dict[str, Any]:
        """The learned arrays that each run starts from."""
        hand = self.by_hand
        return {"exc.w": hand.exc.weights, "inh.w": hand.inh.weights, "cells.current": hand.current}

    @property
    def synapses(self) -> int:
        return len(self.by_hand.exc.post) + len(self.by_hand.inh.post)


def sparse(name: str, steps: int, wiring: int = 0) -> SparseWork:
    """A work called "cuba-4k"; of another number, `wiring` is another."""
    kind, _, size = name.partition("-")
    hand = _network(kind, SIZES[size], steps, wiring)
    schedule = ns.Schedule([ns.Phase("run", steps)], [ns.Probe("cells.spike", "step")])
    return SparseWork(name, ns.lower(_as_neurosim(kind, hand), schedule), hand)


def _network(kind: str, cells: int, steps: int, wiring: int) -> SpikingNetwork:
    random = stream(0, "benchmark", "sparse", kind, cells, wiring)
    pre, post = pairs(random, cells)
    first = int(np.searchsorted(pre, round(EXCITATORY * cells)))
    exc, inh = (w * 4000 / cells for w in WEIGHTS[kind])
    spread = random.uniform(0.5, 1.5, len(pre))
    return SpikingNetwork(
        cells,
        Rows(cells, pre[:first], post[:first], exc * spread[:first]),
        Rows(cells, pre[first:], post[first:], inh * spread[first:]),
        random.uniform(*CURRENTS, cells),
        steps,
        conductances=kind == "coba",
        stdp=STDP(0.01 * exc, 0.012 * exc, 2 * exc, TAU) if kind == "stdp" else None,
    )


def pairs(random: np.random.Generator, cells: int) -> tuple[Any, Any]:
    """About two pairs in a hundred, none of them twice, by source, then by target: two int32 arrays."""
    every = cells * cells
    places = np.unique(random.integers(0, every, random.binomial(every, WIRED)))
    return (places // cells).astype(np.int32), (places % cells).astype(np.int32)


def _as_neurosim(kind: str, hand: SpikingNetwork) -> ns.Network:
    rule = hand.stdp
    learning = [ns.STDP(a_plus=rule.plus, a_minus=rule.minus, w_max=rule.most)] if rule else []
    return ns.Network(
        [ns.Population("cells", hand.cells, MODELS[kind])],
        [
            ns.Projection(name, "cells", "cells", port=name, learning=rules, connectivity=ns.Pairs(r.pre, r.post))
            for name, r, rules in (("exc", hand.exc, learning), ("inh", hand.inh, []))
        ],
    )


def activity(records: ns.Records, learned: Mapping[str, Any]) -> Activity:
    """What a run of neurosim gives, as models written by hand give it."""
    steps, cells = records["cells.spike@step"].pairs().T
    return Activity(steps, cells, learned["exc.w"])
