"""What mode `mapped` makes of a program, as data, tables and a picture. No process is started for it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from typer.testing import CliRunner

import neurosim as ns
from neurosim import cli
from neurosim.backend.process_graph import CARRIED, KINDS, HasGraph
from neurosim.report import graph_svg
from neurosim.testing.targets import all_cases
from neurosim_lava import LavaBackend

SCENARIO = Path(__file__).parents[2] / "scenarios" / "digits_sleep.toml"


def graph(name: str, learn: bool = True):
    program = all_cases()[name](0.1).program(ns.Grid())
    return LavaBackend(deadline=1).graph(program, mode="mapped", learn=learn)


@pytest.mark.parametrize("name", all_cases())
def test_every_program_has_a_graph_and_a_picture(name):
    found = graph(name)
    names = [p.name for p in found.processes]
    assert len(set(names)) == len(names)
    assert {p.kind for p in found.processes} <= set(KINDS)
    assert {c.carries for c in found.connections} <= set(CARRIED)
    assert all(p.why and p.chip for p in found.processes)
    picture = ET.fromstring(graph_svg.svg(found, name, "note"))
    titles = [t.text for t in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == len(names)


def test_a_reciprocal_projection_is_two_processes_that_learn_the_same():
    found = graph("ep_one_sided")
    forth, back = found.process("hidden_output"), found.process("hidden_output__back")
    assert (forth.shape, back.shape) == ((20, 5), (5, 20))
    assert "second copy" in back.why
    told = {(c.source, c.target) for c in found.connections if c.carries == "rules"}
    assert {(n, p.name) for n in ("hidden", "output") for p in (forth, back)} <= told
    assert not any(p.on_chip for p in found.processes)


def test_without_learning_synapses_are_lavas():
    found = graph("ep_one_sided", learn=False)
    assert {p.name for p in found.processes if p.stock} == {"input_hidden", "hidden_output", "hidden_output__back"}
    assert not any(c.carries == "rules" for c in found.connections)


def test_map_command(tmp_path):
    picture = tmp_path / "graph.svg"
    arguments = ["map", str(SCENARIO), "--mode", "sleep", "--out", str(picture), "--json"]
    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    made = {p["name"]: p["process"] for p in told["processes"]}
    assert (made["hidden"], made["output"], made["input_hidden"], made["output__spikes"]) == (
        "LIF",
        "LIF",
        "ours",
        "ours",
    )
    assert picture.read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--mode", "dream"], "known: sleep, wake"),
        (["--out", "graph.png"], "ends in .svg"),
        (["--backend", "reference"], "no process graph"),
        (["--backend", "lava:fused"], "try lava:mapped"),
    ],
)
def test_map_refuses(arguments, says):
    done = CliRunner().invoke(cli.app, ["map", str(SCENARIO), *arguments])
    assert done.exit_code == 2
    assert says in done.output.replace("\n", " ")


def test_lava_has_a_graph():
    assert isinstance(LavaBackend(deadline=1), HasGraph)
