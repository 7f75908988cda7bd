"""Graphs of NIR here and in Norse itself: equal spikes in every layer, after the shift that the report tells."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from nir_graphs import affine, chain, cuba, lif, node, source, spikes

import neurosim as ns
from neurosim.interchange.nir import Graph

pytest.importorskip("norse", reason="make test-norse installs Norse")
from consumers import norse

FILES = os.environ.get("NEUROSIM_NIR_FILES", "")
RNG = np.random.default_rng(0)


def assert_equal(file: Path, stimulus: np.ndarray, dt: float, reset: str = "value", **choices: str) -> None:
    imported = ns.nir.read(file, dt=1000 * dt, reset=reset, **choices)
    ours = spikes(imported, stimulus.reshape(len(stimulus), -1))
    theirs = norse(file, stimulus, dt, reset)
    assert sum(s.sum() for s in ours.values()) > 5
    for part, made_of in imported.nodes.items():
        if part in ours and made_of[0] in theirs:
            lag = imported.lag[part]
            np.testing.assert_array_equal(ours[part][lag:], theirs[made_of[0]][: len(stimulus) - lag], err_msg=part)


@pytest.mark.parametrize("reset", ["value", "subtract"])
@pytest.mark.parametrize("neuron", [lif, cuba], ids=["LIF", "CubaLIF"])
def test_layers_made_here(neuron, reset: str, tmp_path: Path) -> None:
    if neuron is lif and reset == "subtract":
        pytest.skip("Norse 1.1.0 resets LIF nodes to a value, whatever it is told")
    first, second = (neuron(n, v_threshold=0.1) for n in (5, 3))
    graph = chain(input=source(4), a=affine(RNG.normal(0.5, 1, (5, 4)), RNG.normal(0, 0.1, 5)), h=first,
                  b=affine(RNG.normal(0.5, 1, (3, 5)), RNG.normal(0, 0.1, 3)), y=second,
                  output=node("Output", shape=[3]))  # fmt: skip
    ns.nir.write(ns.nir.read(graph), tmp_path / "a.nir")
    assert_equal(tmp_path / "a.nir", (RNG.random((150, 4)) < 0.3).astype(float), 1e-4, reset)


def test_a_recurrent_layer_made_here(tmp_path: Path) -> None:
    nodes = {"input": source(4), "a": affine(RNG.normal(0.5, 1, (5, 4)), np.zeros(5)), "h": cuba(5, v_threshold=0.1),
             "r": affine(RNG.normal(0, 1, (5, 5)), RNG.normal(0, 0.5, 5)), "output": node("Output", shape=[5]),
             }  # fmt: skip
    graph = Graph(nodes, (("input", "a"), ("a", "h"), ("h", "r"), ("r", "h"), ("h", "output")))
    ns.nir.write(ns.nir.read(graph), tmp_path / "a.nir")
    stimulus = (RNG.random((150, 4)) < 0.3).astype(float)
    assert_equal(tmp_path / "a.nir", stimulus, 1e-4, feedback_bias="step-later")


PAPER = {
    "01_lif/lif_norse.nir": ((1,), 0.5, 1e-4, "value", {}),
    "03_rnn/braille_noDelay_noBias_subtract.nir": ((12,), 0.2, 1e-4, "subtract", {}),
    "03_rnn/braille_noDelay_bias_zero.nir": ((12,), 0.2, 1e-4, "value", {"feedback_bias": "step-later"}),
    "02_cnn/cnn_sinabs.nir": ((2, 34, 34), 0.06, 1.0, "value", {}),
}


@pytest.mark.skipif(not FILES, reason="NEUROSIM_NIR_FILES names no checkout of github.com/neuromorphs/NIR")
@pytest.mark.parametrize("name", PAPER)
def test_files_of_the_nir_paper(name: str) -> None:
    shape, rate, dt, reset, choices = PAPER[name]
    stimulus = (RNG.random((60, *shape)) < rate).astype(float)
    assert_equal(Path(FILES) / "paper" / name, stimulus, dt, reset, **choices)
