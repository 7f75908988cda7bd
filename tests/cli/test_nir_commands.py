"""`import-nir`, `export-nir`, and files that name a graph of NIR."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import neurosim as ns
from neurosim.cli import app
from neurosim.interchange.nir import Graph, Node
from neurosim.results import pretrained

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "scenarios" / "nir" / "digits_snntorch.nir"


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(w) for w in words])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """One neuron behind one weight."""
    one = {n: np.ones(1) for n in ("r", "v_leak")}
    nodes = {
        "input": Node("Input", {"shape": np.array([1])}),
        "fc": Node("Linear", {"weight": np.full((1, 1), 0.25)}),
        "lif": Node("LIF", {**one, "v_leak": np.zeros(1), "tau": np.full(1, 1e-4), "v_threshold": np.full(1, 0.2)}),
    }
    ns.nir.write(ns.nir.read(Graph(nodes, (("input", "fc"), ("fc", "lif")))), tmp_path / "one.nir")
    return tmp_path / "one.nir"


def test_import_tells_choices_and_writes_a_file_that_runs(file: Path, tmp_path: Path) -> None:
    result = run("import-nir", file, "--out", tmp_path / "net.toml", "--reset", "subtract")
    assert result.exit_code == 0, result.output
    assert "reset          subtract    argument" in result.stdout
    result = run("simulate", tmp_path / "net.toml", "--duration", "5 ms")
    assert result.exit_code == 0, result.output
    assert "lif" in result.stdout


def test_import_writes_network_and_weights(file: Path, tmp_path: Path) -> None:
    assert run("import-nir", file, "--out", tmp_path / "net.h5").exit_code == 0
    stored = pretrained.read(tmp_path / "net.h5")
    assert stored.learned["fc.w"].tolist() == [[0.25]]
    assert run("import-nir", file, "--out", tmp_path / "net.json").exit_code == 0
    assert ns.Network.load(tmp_path / "net.json") == stored.network


def test_import_as_json(file: Path) -> None:
    data = json.loads(run("import-nir", file, "--json", "--dt", "0.5 ms").stdout)
    assert data["choices"]["dt"] == {"value": 0.5, "from": "argument"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--integrator", "eulr"], "did you mean 'euler'"),
        (["--dt", "fast"], "dt"),
        (["--out", "net.txt"], "--out net.txt"),
    ],
)
def test_a_mistake_ends_in_a_paragraph(file: Path, words: list[str], message: str) -> None:
    result = run("import-nir", file, *words)
    assert result.exit_code == 2
    assert message in result.output


def test_export_of_what_was_imported_is_the_same_network(file: Path, tmp_path: Path) -> None:
    assert run("import-nir", file, "--out", tmp_path / "net.h5").exit_code == 0
    result = run("export-nir", tmp_path / "net.h5", "--out", tmp_path / "again.nir", "--dtype", "float64")
    assert result.exit_code == 0, result.output
    assert ns.nir.read(tmp_path / "again.nir").network == ns.nir.read(file).network


def test_export_of_a_run_has_its_weights(tmp_path: Path) -> None:
    assert run("run", DIGITS.with_suffix(".toml"), "--out", tmp_path / "runs").exit_code == 0
    [folder] = (tmp_path / "runs").iterdir()
    result = run("export-nir", folder, "--out", tmp_path / "run.nir")
    assert result.exit_code == 0, result.output
    before, after = (ns.nir.read(f, input="values").weights["fc1.w"] for f in (DIGITS, tmp_path / "run.nir"))
    np.testing.assert_allclose(after, before, atol=2**-20)  # the run has them on its grid


def test_export_refuses_what_nir_has_no_word_for(tmp_path: Path) -> None:
    result = run("export-nir", ROOT / "scenarios" / "digits_sleep.toml", "--out", tmp_path / "a.nir")
    assert result.exit_code == 2
    assert "equilibrium propagation" in result.output
    assert not (tmp_path / "a.nir").exists()


def test_a_run_goes_on_only_from_the_same_file(tmp_path: Path) -> None:
    for source in (DIGITS, DIGITS.with_suffix(".toml")):
        shutil.copy(source, tmp_path)
    assert run("run", tmp_path / "digits_snntorch.toml", "--out", tmp_path / "runs").exit_code == 0
    [folder] = (tmp_path / "runs").iterdir()
    assert json.loads((folder / "run.json").read_text())["nir"][0] == str(tmp_path / "digits_snntorch.nir")


SIMULATION = """
[simulation]
name = "one"
duration = "1 ms"
dt = "0.1 ms"

[network]
nir = "one.nir"

[network.source.input]
kind = "spike_times"
size = 1
indices = [0, 0]
times = [0.2, 0.5]
"""


def test_a_source_drives_an_input_in_the_step_of_its_spikes(file: Path, tmp_path: Path) -> None:
    (tmp_path / "sim.toml").write_text(SIMULATION)
    from neurosim.simulation.schema import read

    network = read(tmp_path / "sim.toml").builder()
    assert ns.simulate(network, "1 ms")["lif.spikes"].events.pairs()[:, 0].tolist() == [2, 5]


def test_a_file_is_chosen_on_the_command_line_too(file: Path, tmp_path: Path) -> None:
    (tmp_path / "sim.toml").write_text(SIMULATION.replace("one.nir", "none.nir"))
    assert run("simulate", tmp_path / "sim.toml").exit_code == 2
    result = run("simulate", tmp_path / "sim.toml", "--set", "network.nir=one.nir")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("one.nir", "../one.nir"), "folder"),
        (('nir = "one.nir"', 'nir = "one.nir"\nchoices = { integrator = "eulr" }'), "euler"),
        (('nir = "one.nir"', "choices = { reset = 'subtract' }"), "nir"),
        (("[network.source.input]", "[network.source.lif]"), "no input|no source|name already"),
    ],
)
def test_mistakes_in_a_simulation_file(file: Path, tmp_path: Path, change: tuple[str, str], message: str) -> None:
    (tmp_path / "sim.toml").write_text(SIMULATION.replace(*change))
    result = run("simulate", tmp_path / "sim.toml")
    assert result.exit_code == 2
    assert any(part in result.output for part in message.split("|")), result.output
