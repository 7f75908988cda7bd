"""How time grows with synapses at which nothing happens: a hundred times as many, and as many synaptic events a step.

Cells of an input fire so that in every step as many synapses are reached, whether each has few or many.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from contextlib import ExitStack

import numpy as np
import speed
from growth import slope
from speed import Row

import neurosim as ns
from neurosim.errors import BackendUnavailable
from neurosim.model.randomness import stream
from neurosim.program.program import Program

CELLS, STEPS, EVENTS = 4000, 500, 2000
"""Cells at both ends; steps; synapses that spikes reach in each step."""
FAN_OUT = (10, 100, 1000)
LONGEST = 16


def wired(fan_out: int, delays: bool) -> tuple[Program, ns.Trials]:
    """A program of `fan_out` synapses a cell, with delays or without, and its spikes."""
    random = stream(0, "benchmark", "synapse growth", fan_out)
    pre = np.repeat(np.arange(CELLS), fan_out)
    post = random.integers(0, CELLS, len(pre))
    delay = random.integers(1, LONGEST + 1, len(pre)) if delays else None
    pairs = ns.Pairs(pre, post)
    network = ns.Network(
        [ns.Population("input", CELLS, ns.SpikeInput), ns.Population("cells", CELLS, ns.LIF)],
        [ns.Projection("w", "input", "cells", connectivity=pairs, delay=delay)],
    )
    fired = [np.sort(random.choice(CELLS, EVENTS // fan_out, replace=False)) for _ in range(STEPS)]
    schedule = ns.Schedule([ns.Phase("run", STEPS)], [ns.Probe("cells.spike", "step")], {"input.x": "events"})
    return ns.lower(network, schedule), ns.Trials({"input.x": ns.Events.from_lists(fired, STEPS, CELLS)})


def measure(backends: Iterable[str], runs: int) -> list[Row]:
    """Rows with ``exponent``, of the seconds of a run over the number of synapses, and ``us_a_step`` at each number."""
    return [row for delays in (False, True) for name in backends for row in _measured(name, delays, runs)]


def _measured(name: str, delays: bool, runs: int) -> list[Row]:
    work = "growth-synapses-delays" if delays else "growth-synapses"
    times: dict[int, list[float]] = {n: [] for n in FAN_OUT}
    with ExitStack() as stack:
        sessions = {}
        for fan_out in FAN_OUT:
            program, trials = wired(fan_out, delays)
            backend, mode = ns.load(name)
            try:
                sessions[fan_out] = stack.enter_context(backend.compile(program, mode=mode)), trials
            except BackendUnavailable as error:
                print(f"left out: {error}")
                return []
            sessions[fan_out][0].write({"w.w": np.full(CELLS * fan_out, 2.0**-6)})
        for round_ in range(runs + 1):
            for fan_out, (session, trials) in sessions.items():
                start = speed.processor()
                session.run(trials)
                if round_:
                    times[fan_out].append(speed.processor() - start)
    medians = [statistics.median(t) for t in times.values()]
    exponent = slope([float(CELLS * n) for n in FAN_OUT], medians)
    return [
        speed.row(work, name, medians[0], runs)
        | {"exponent": exponent, "us_a_step": [m / STEPS * 1e6 for m in medians]}
    ]
