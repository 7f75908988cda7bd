"""A sparse spiking network as one would write it for Brian2's standalone device: one group, two `Synapses`.

Currents are integrated exactly, conductances by Euler's method, as in neurosim; STDP is Brian2's own recipe, with
traces of synapses that are brought up to date at spikes. Sums are rounded otherwise than in neurosim, so that after a
while spikes may be others, though about as many.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brian2
import numpy as np
from brian2 import ms

from hand_written.brian2_model import standalone
from hand_written.spiking_network import (
    DT,
    REFRACTORY,
    REVERSAL_EXC,
    REVERSAL_INH,
    TAU,
    TAU_EXC,
    TAU_INH,
    THETA,
    Activity,
    Rows,
    SpikingNetwork,
)

DRIVE = {False: "g_exc + g_inh", True: f"g_exc*({REVERSAL_EXC} - v) + g_inh*({REVERSAL_INH} - v)"}
CELL = """dv/dt = ({drive} + current - v)/tau : 1 (unless refractory)
dg_exc/dt = -g_exc/tau_exc : 1
dg_inh/dt = -g_inh/tau_inh : 1
current : 1"""
SYNAPSE = "w : 1"
PLASTIC = """w : 1
dpre_trace/dt = -pre_trace/tau_trace : 1 (event-driven)
dpost_trace/dt = -post_trace/tau_trace : 1 (event-driven)"""


def runner(network: SpikingNetwork) -> Callable[[], Activity]:
    """What starts the compiled network."""
    run = standalone(lambda: _built(network))

    def active() -> Activity:
        cells, times, weights = run()
        steps = np.rint(times / DT * 1e3).astype(np.int64)
        return Activity(steps, cells.astype(np.int64), weights)

    return active


def _built(network: SpikingNetwork) -> tuple[Any, list[Any], Any]:
    brian2.defaultclock.dt = DT * ms
    space = {"tau": TAU * ms, "tau_exc": TAU_EXC * ms, "tau_inh": TAU_INH * ms}
    cells = brian2.NeuronGroup(
        network.cells,
        CELL.format(drive=DRIVE[network.conductances]),
        threshold=f"v > {THETA}",
        reset="v = 0",
        refractory=REFRACTORY * DT * ms,
        method="euler" if network.conductances else "exact",
        namespace=space,
    )
    cells.current = network.current
    exc = _plastic(cells, network) if network.stdp else brian2.Synapses(cells, cells, SYNAPSE, on_pre="g_exc_post += w")
    inh = brian2.Synapses(cells, cells, SYNAPSE, on_pre="g_inh_post += w")
    for synapses, rows in ((exc, network.exc), (inh, network.inh)):
        _connect(synapses, rows)
    spikes = brian2.SpikeMonitor(cells)
    parts = brian2.Network(cells, exc, inh, spikes)
    return parts, [(spikes, "i"), (spikes, "t"), (exc, "w")], network.steps * DT * ms


def _plastic(cells: Any, network: SpikingNetwork) -> Any:
    rule = network.stdp
    assert rule is not None
    space = {"tau_trace": rule.tau * ms, "plus": rule.plus, "minus": rule.minus, "most": rule.most}
    depress = "g_exc_post += w\nw = clip(w - minus*post_trace, 0, most)\npre_trace += 1"
    potentiate = "w = clip(w + plus*pre_trace, 0, most)\npost_trace += 1"
    return brian2.Synapses(cells, cells, PLASTIC, on_pre=depress, on_post=potentiate, namespace=space)


def _connect(synapses: Any, rows: Rows) -> None:
    synapses.connect(i=rows.pre, j=rows.post)
    synapses.w = rows.weights
