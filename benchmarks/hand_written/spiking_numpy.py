"""A sparse spiking network as one would write it in NumPy: each step gathers the synapses of the cells that fired."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hand_written import Array
from hand_written.spiking_network import (
    DECAY,
    DECAY_EXC,
    DECAY_INH,
    DT,
    GAIN_EXC,
    GAIN_INH,
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

Cells = NDArray[np.intp]


def runner(network: SpikingNetwork) -> Callable[[], Activity]:
    """What runs the network from its first state and weights."""
    exc, inh = Gather(network.exc), Gather(network.inh)
    keep = (1 - DT / TAU_EXC, 1 - DT / TAU_INH) if network.conductances else (DECAY_EXC, DECAY_INH)
    membrane = _of_conductances if network.conductances else _of_currents

    def run() -> Activity:
        weights, fired, spikes = network.exc.weights.copy(), np.zeros(0, np.intp), []
        learn = Learning(network, weights) if network.stdp else None
        v, g_exc, g_inh, wait = np.zeros((4, network.cells))
        for _ in range(network.steps):
            g_exc += exc.arriving(fired, weights)
            g_inh += inh.arriving(fired, network.inh.weights)
            v = np.where(wait > 0, 0.0, membrane(v, g_exc, g_inh, network.current))
            g_exc *= keep[0]
            g_inh *= keep[1]
            wait = np.maximum(wait - 1, 0)
            fired = np.flatnonzero(v > THETA)
            v[fired], wait[fired] = 0.0, REFRACTORY - 1
            if learn is not None:
                learn.step(fired)
            spikes.append(fired)
        return Activity.of_lists(spikes, weights)

    return run


def _of_currents(v: Array, exc: Array, inh: Array, current: Array) -> Array:
    return DECAY * v + GAIN_EXC * exc + GAIN_INH * inh + (1 - DECAY) * current


def _of_conductances(v: Array, exc: Array, inh: Array, current: Array) -> Array:
    return v + DT / TAU * (exc * (REVERSAL_EXC - v) + inh * (REVERSAL_INH - v) + (current - v))


class Gather:
    """The synapses of each source."""

    def __init__(self, rows: Rows):
        self.size, self.starts, self.post = rows.cells, rows.starts, rows.post.astype(np.intp)
        self.counts = np.diff(rows.starts)

    def places(self, fired: Cells) -> Cells:
        """Where the synapses of some cells are."""
        counts = self.counts[fired]
        stops = np.cumsum(counts)
        total = stops[-1] if len(stops) else 0
        return np.arange(total) + np.repeat(self.starts[fired] - stops + counts, counts)

    def arriving(self, fired: Cells, weights: Array) -> Array:
        """The sums of weights at each target."""
        places = self.places(fired)
        return np.bincount(self.post[places], weights[places], self.size)


class Learning:
    """Pair STDP: only synapses of cells that fired change."""

    def __init__(self, network: SpikingNetwork, weights: Array):
        assert network.stdp is not None
        self.rule: STDP = network.stdp
        self.weights, self.pre, self.post = weights, network.exc.pre, network.exc.post
        self.order = np.argsort(self.post, kind="stable")
        self.rows = Gather(network.exc)
        self.columns = Gather(Rows(network.cells, self.post[self.order], self.pre[self.order], weights))
        self.keep = np.exp(-DT / self.rule.tau)
        self.trace = np.zeros(network.cells)

    def step(self, fired: Cells) -> None:
        """Potentiate where post fired, depress where pre did, by traces without the spikes of this step."""
        self.trace *= self.keep
        self.trace[fired] += 1
        earlier = self.trace.copy()
        earlier[fired] -= 1
        into, out_of = self.order[self.columns.places(fired)], self.rows.places(fired)
        self.weights[into] += self.rule.plus * earlier[self.pre[into]]
        self.weights[out_of] -= self.rule.minus * earlier[self.post[out_of]]
        for changed in (into, out_of):
            self.weights[changed] = np.clip(self.weights[changed], 0.0, self.rule.most)
