"""Delays, several synapses between a pair, values of each neuron and synapse: against a plain loop, also in pieces."""

from __future__ import annotations

import math

import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.program.precision import Grid
from neurosim.program.schedule import Events
from neurosim.program.trial.pieces import pieces
from neurosim.testing.cases.small import Case
from neurosim.testing.cases.together import CELLS, INPUTS, STEPS, all_together


def on_grid(weights: np.ndarray) -> np.ndarray:
    """To the nearest multiple of 2**-24, as weights are kept and delivered."""
    rounded: np.ndarray = np.floor(weights * 2.0**24 + 0.5) / 2.0**24
    return rounded


def by_hand(case: Case) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Spikes and membranes of all steps, and what is learned: one operation after another, a synapse at a time."""
    given = case.trials.stimuli["input.x"]
    assert isinstance(given, Events)
    cells = case.network.population("cells")
    tau, v = cells.parameters["tau"].values, cells.initial["v"].values.copy()  # type: ignore[union-attr]
    decay = [math.exp(-1.0 / t) for t in tau]
    put_out = {"input": given.dense()[0].astype(float), "cells": np.zeros((STEPS, CELLS))}
    w = {n: a.copy() for n, a in case.learned.items()}
    trace, membranes = np.zeros(CELLS), np.zeros((STEPS, CELLS))
    for k in range(STEPS):
        drive, arrived = np.zeros(CELLS), {}
        for j in case.network.projections:
            wiring = case.network.wiring(j.name)
            assert wiring is not None
            assert wiring.delay is not None
            arrived[j.name] = np.array([
                put_out[j.pre][k - d, i] if k >= d else 0.0 for i, d in zip(wiring.pre, wiring.delay, strict=True)
            ])  # fmt: skip
            delivered = on_grid(j.fixed["scale"].values * w[f"{j.name}.w"])
            for s, post in enumerate(wiring.post):
                drive[post] += delivered[s] * arrived[j.name][s]
        for n in range(CELLS):
            v[n], trace[n] = decay[n] * v[n] + drive[n], 0.5 * trace[n]
            put_out["cells"][k, n] = v[n] >= 0.75
            if v[n] >= 0.75:
                v[n], trace[n] = v[n] - 0.75, trace[n] + 1
        for j in case.network.projections:
            wiring = case.network.wiring(j.name)
            assert wiring is not None
            for s, (pre, post) in enumerate(zip(*wiring, strict=True)):
                if put_out["cells"][k, post]:
                    less = 0.25 if j.name == "feed" else trace[pre] / 4
                    w[f"{j.name}.w"][s] += 2.0**-6 * j.fixed["rate"].values[s] * (arrived[j.name][s] - less)
        w = {n: on_grid(a) for n, a in w.items()}
        membranes[k] = v
    return put_out["cells"], membranes, w


@pytest.mark.parametrize("cuts", [[], [37], [1, 2, 50, 99]], ids=["whole", "two pieces", "five pieces"])
def test_all_of_it_is_what_a_plain_loop_finds(cuts: list[int]) -> None:
    case = all_together()
    spikes, membranes, learned = by_hand(case)
    assert 0.05 < spikes.mean() < 0.6
    assert len(set(zip(*case.network.wirings()["feed"], strict=True))) < INPUTS * CELLS
    found: dict[str, list[np.ndarray]] = {"spike": [], "v": []}
    with ReferenceBackend().compile(case.program(Grid())) as session:
        session.write(case.learned)
        for number, piece in enumerate(pieces({"run": STEPS}, cuts)):
            constants = dict(piece.constants)
            records = session.run(piece.of(case.trials), constants=constants, keep_state=number > 0, ends=piece.ends)
            fired = records["cells.spike@step"]
            assert isinstance(fired, Events)
            found["spike"].append(fired.dense()[0])
            found["v"].append(np.asarray(records["cells.v@step"])[0])
        after = session.read()
    np.testing.assert_array_equal(np.concatenate(found["spike"]), spikes.astype(bool))
    np.testing.assert_array_equal(np.concatenate(found["v"]), membranes)
    for name, values in learned.items():
        np.testing.assert_array_equal(after[name], values)
        assert np.any(values != case.learned[name])
