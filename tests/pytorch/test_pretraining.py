"""`neurosim pretrain` on real digits: the file it leaves, and a run that starts from it on another backend."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")

from typer.testing import CliRunner

from neurosim.cli import app
from neurosim.results import pretrained

SCENARIO = """
[scenario]
name = "digits_pretrained"
precision = { format = "grid" }
[data]
name = "digits"
test = 360
validation = 287
[stream]
kind = "joint"
[network.population]
input = { size = 64, wake = { model = "Clamp" } }
hidden = { size = 30, wake = { model = "LIF" } }
readout = { size = 10, wake = { model = "LeakyReadout" } }
[network.projection]
first = { pre = "input", post = "hidden" }
second = { pre = "hidden", post = "readout", initial = { scale = 0.2 } }
[pretraining]
file = "weights.h5"
input = "input"
output = "readout"
steps = 12
over = "max"
lr = 0.01
epochs = 6
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    (tmp_path / "s.toml").write_text(SCENARIO)
    return tmp_path / "s.toml"


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def test_a_file_of_trained_weights_runs_elsewhere_with_the_same_spikes(scenario: Path) -> None:
    told = json.loads(invoke("pretrain", scenario, "--json").stdout)
    assert Path(told["file"]) == scenario.parent / "weights.h5"
    assert told["best"]["validation_accuracy"] > 0.7
    compared = json.loads(invoke("compare", scenario, "--backends", "reference,nengo:fused,torch", "--json").stdout)
    for row in compared["backends"]:
        assert row["tier"] == "T0"
        assert row["accuracy"] > 0.7


def test_the_same_seed_gives_the_same_file_and_another_another(scenario: Path, tmp_path: Path) -> None:
    found = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        invoke("pretrain", scenario, "--seed", seed, "--out", tmp_path / name)
        found.append(pretrained.read(tmp_path / name))
    assert found[0].digest() == found[1].digest() != found[2].digest()
    assert found[2].training["seed"] == 1


def test_a_summary_is_printed(scenario: Path) -> None:
    printed = invoke("pretrain", scenario).stdout
    assert "digits_pretrained: 1,150 samples, 6 epochs; best epoch" in printed
    assert "weights.h5 (0.0" in printed


def test_without_a_file_every_run_trains_alike(scenario: Path, tmp_path: Path) -> None:
    invoke("pretrain", scenario, "--out", tmp_path / "kept.h5")
    scenario.write_text(SCENARIO.replace('file = "weights.h5"\n', "").replace("epochs = 6", "epochs = 1"))
    runs = [json.loads(invoke("run", scenario, "--out", tmp_path / "r", "--json").stdout) for _ in range(2)]
    assert runs[0]["accuracy_matrix"] == runs[1]["accuracy_matrix"]
    assert np.isfinite(runs[0]["accuracy"])


def test_a_scenario_without_the_table_is_refused(scenario: Path) -> None:
    scenario.write_text((Path(__file__).parents[2] / "scenarios" / "digits_joint.toml").read_text())
    result = invoke("pretrain", scenario)
    assert result.exit_code == 2
    assert "it has no [pretraining]" in result.stderr
