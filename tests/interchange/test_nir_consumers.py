"""What is written as NIR, in snnTorch and in Norse: the spikes of the network that was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import neurosim as ns

pytest.importorskip("norse", reason="make test-nir-consumers installs Norse")
pytest.importorskip("snntorch", reason="make test-nir-consumers installs snnTorch")
from consumers import norse, snntorch

STEPS = 200
RNG = np.random.default_rng(1)
SHOWN = (RNG.random((STEPS, 20)) < 0.15).astype(float)


def network() -> tuple[ns.Network, dict[str, np.ndarray]]:
    """Two layers, with weights that float32 holds."""
    model = ns.LIFToValue(tau_mem=10.0, theta=1.0)
    made = ns.Network(
        [ns.Population("input", 20, ns.SpikeInput), ns.Population("h", 30, model), ns.Population("y", 5, model)],
        [ns.Projection("a", "input", "h"), ns.Projection("b", "h", "y")],
    )
    weights = {
        "a.w": RNG.normal(0.15, 0.3, (20, 30)),
        "b.w": RNG.normal(0.1, 0.3, (30, 5)),
        "h.bias": RNG.normal(0, 0.02, 30),
    }
    return made, {n: np.round(w * 2**16) / 2**16 for n, w in weights.items()}


def expected(made: ns.Network, weights: dict[str, np.ndarray]) -> np.ndarray:
    builder = ns.NetworkBuilder(dt=1.0)
    builder.include(made, weights, {"input": ns.playback(ns.Events.from_dense(SHOWN[np.newaxis].astype(int)))})
    return ns.simulate(builder, STEPS * 1.0)["y.spikes"].events.dense()[0].astype(bool)


@pytest.mark.parametrize("consumer", ["norse", "snntorch"])
def test_an_exported_network_spikes_as_before(consumer: str, tmp_path: Path) -> None:
    made, weights = network()
    report = ns.nir.write(
        made, tmp_path / "a.nir", weights, dt="0.1 ms", dtype="float64" if consumer == "norse" else "float32"
    )
    before = expected(made, weights)
    assert before.sum() > 50
    file = tmp_path / "a.nir"
    after = norse(file, SHOWN, 1e-4)["y"] if consumer == "norse" else snntorch(file, SHOWN)
    np.testing.assert_array_equal(after[:-1], before[1:])  # consumers have no delay between layers
    assert any("1 step" in r.text for r in report.remarks if r.where == "y")
