"""`neurosim simulate`, and `neurosim compare` of plain networks: what they print, refuse and leave behind."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

SMALL = """
[simulation]
name = "small"
description = "a handful of neurons"
duration = "20 ms"
record = ["e.spikes", "e.v[:3]"]
tier = "T0"

[models.lif]
equations = ["dv/dt = (e_l - v)/tau_m (unless refractory)"]
spike = "v > v_th"
reset = { v = "v_r" }
refractory = "2 ms"
params = { tau_m = "20 ms", e_l = "-45 mV", v_th = "-50 mV", v_r = "-60 mV" }
ports = { exc = "v" }

[network.population.e]
size = 12
model = "lif"
initial = { v = { kind = "uniform", low = "-60 mV", high = "-50 mV" } }

[network.projection.e_e]
pre = "e"
post = "e"
wiring = { kind = "random", p = 0.2 }
weight = "0.5 mV"
"""

PROGRAM = """
import neurosim as ns
network = ns.NetworkBuilder(seed=5)
noise = network.source("noise", ns.poisson(20, rate="100 Hz"))
cells = network.population("cells", 10, ns.LIF(dt=0.1))
network.connect(noise, cells, weight=0.4)
record = [noise.spikes, cells.spikes]
"""

KEYS = {"simulation", "seed", "backend", "kind", "duration", "dt", "seconds", "wall_seconds", "recorded"}
ROW_KEYS = {
    "name", "kind", "tier", "spikes", "spikes_different", "max_abs_dw", "first_difference", "seconds", "wall_seconds",
    "speed",
}  # fmt: skip

SAME_AGAIN = ROW_KEYS - {"seconds", "wall_seconds", "speed"}

Write = Callable[..., Path]


@pytest.fixture
def small(tmp_path: Path) -> Write:
    """Write the network with some texts replaced."""

    def write(*changes: tuple[str, str], name: str = "small.toml") -> Path:
        text = SMALL
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def program(tmp_path: Path) -> Write:
    def write(text: str = PROGRAM) -> Path:
        path = tmp_path / "program.py"
        path.write_text(text)
        return path

    return write


def refused(done: object, *texts: str) -> None:
    code, out, err = (getattr(done, n) for n in ("code", "out", "err"))
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1, "one paragraph"
    for text in texts:
        assert text in err


# simulate


@pytest.mark.parametrize("command", ["simulate", "compare"])
def test_a_backend_that_is_named_twice_is_refused(neurosim, small, command: str) -> None:
    done = neurosim(command, small(), "--backends", "reference,nengo,reference:numpy")
    refused(done, "--backends: reference:numpy is named twice; expected each once")


def test_a_table_tells_how_much_each_population_spiked(neurosim, small) -> None:
    done = neurosim("simulate", small())
    assert (done.code, done.err) == (0, "")
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert lines[0] == "small: a handful of neurons; seed 0"
    assert lines[1].startswith("20 ms in steps of 0.1 ms on reference:numpy (reference) in ")
    assert lines[3].split() == ["population", "neurons", "spikes", "rate", "in", "Hz"]
    assert lines[5].split()[:2] == ["e", "12"]
    assert int(lines[5].split()[2]) > 0
    assert lines[-1] == "e.v: 200 samples of 3 units"


def test_json_has_exactly_these_keys(neurosim, small) -> None:
    data = json.loads(neurosim("simulate", small(), "--json", "--seed", 3).out)
    assert set(data) == KEYS
    assert (data["simulation"], data["seed"], data["backend"]) == ("small", 3, "reference:numpy")
    assert (data["duration"], data["dt"]) == (20.0, 0.1)
    assert set(data["recorded"]["e.spikes"]) == {"neurons", "spikes", "rate"}
    assert data["recorded"]["e.v"] == {"samples": 200, "units": 3}


def test_options_take_the_place_of_what_the_file_says(neurosim, small) -> None:
    options = ["--set", "network.population.e.size=30", "--set", "simulation.record=['e.spikes']"]
    data = json.loads(neurosim("simulate", small(), "--json", "--duration", "5 ms", *options).out)
    assert data["duration"] == 5.0
    assert {n: r["neurons"] for n, r in data["recorded"].items()} == {"e.spikes": 30}


@pytest.mark.parametrize("duration", ["5", "0"])
def test_a_duration_without_a_unit_is_in_ms(neurosim, small, duration: str) -> None:
    data = json.loads(neurosim("simulate", small(), "--json", "--duration", duration).out)
    assert data["duration"] == float(duration)


def test_another_seed_draws_others(neurosim, small) -> None:
    done = [neurosim("simulate", small(), "--json", "--seed", seed).out for seed in (1, 1, 2, 3, 4)]
    spikes = [json.loads(out)["recorded"]["e.spikes"]["spikes"] for out in done]
    assert spikes[0] == spikes[1]
    assert len(set(spikes)) > 1


@pytest.mark.parametrize(("ending", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_picture_of_the_spikes(neurosim, small, tmp_path: Path, ending: str, begins: bytes) -> None:
    pytest.importorskip("matplotlib")
    done = neurosim("simulate", small(), "--plot", f"raster.{ending}")
    assert done.code == 0
    assert (tmp_path / f"raster.{ending}").read_bytes().startswith(begins)


def test_a_python_file_where_it_may_be_executed(neurosim, program) -> None:
    done = neurosim("simulate", program(), "--allow-code", "--duration", "50 ms", "--json")
    data = json.loads(done.out)
    assert (data["simulation"], data["seed"]) == ("program", 5)
    assert set(data["recorded"]) == {"noise.spikes", "cells.spikes"}


# what is refused leaves nothing behind


MISTAKES = [
    ((("size = 12", "sise = 12"),), (), "unknown key 'network.population.e.sise'; did you mean 'size'?"),
    ((("[simulation]", "[simulation"),), (), "small.toml: not TOML"),
    ((("p = 0.2", "p = 2"),), (), "small.toml: [network.projection.e_e] random: p = 2"),
    ((('"20 ms"\nrecord', '"20.03 ms"\nrecord'),), (), "small.toml: simulate: duration 20.03 ms: no whole"),
    ((), ("--duration", "3 mV"), "3 mV"),
    ((), ("--set", "network.population.e.sise=3"), "small.toml: --set network.population.e.sise: 'sise' is not there"),
    ((), ("--set", "simulation.seed=three"), "'simulation.seed' = 'three': expected a whole number"),
    ((), ("--backend", "brain2"), "brain2"),
    ((), ("--plot", "raster.jpg"), "--plot raster.jpg: expected a name that ends in one of .svg, .png, .pdf"),
    ((), ("--plot", "nowhere/raster.svg"), "there is no folder nowhere"),
    ((('"e.spikes", ', ""),), ("--plot", "raster.svg"), "no spikes are recorded"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "options", "told"), MISTAKES, ids=[m[2][:50] for m in MISTAKES])
def test_a_mistake_ends_in_one_paragraph(neurosim, small, tmp_path: Path, changes, options, told: str) -> None:
    path = small(*changes)
    refused(neurosim("simulate", path, *options), told)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_there(neurosim, small) -> None:
    small()
    refused(neurosim("simulate", "smal.toml"), "smal.toml: No such file or directory; did you mean 'small.toml'?")
    refused(neurosim("simulate", "smal.py", "--allow-code"), "smal.py: no such file")


def test_a_picture_without_matplotlib(neurosim, small, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    path = small()
    refused(
        neurosim("simulate", path, "--plot", "raster.svg"), "pictures needs matplotlib: pip install 'neurosim[plot]'"
    )
    assert not Path("raster.svg").exists()


def test_a_python_file_is_not_executed_unasked(neurosim, program, tmp_path: Path) -> None:
    path = program("open('executed', 'w')\n" + PROGRAM)
    for command in ("simulate", "compare"):
        refused(neurosim(command, path), "program.py: a Python file is executed", "--allow-code")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        (PROGRAM, ("--seed", 3), "--seed is for files in TOML"),
        (PROGRAM, ("--set", "a=3"), "--set is for files in TOML"),
        (PROGRAM, (), "it defines no duration; give --duration"),
        ("x = 3", (), "expected that it defines network = ns.NetworkBuilder(...); it defines none"),
        ("network = 3", (), "it defines one that is a int"),
        ("x = 3\ny = 1/0", (), "program.py: it ended in ZeroDivisionError: division by zero in line 2"),
        ("raise SystemExit(3)", (), "program.py: it ended in"),
        ("x = (", (), "program.py: it ended in SyntaxError"),
        (PROGRAM + "network.population('cells', 3, ns.LIF)", (), "population cells: the network has a part of"),
        (PROGRAM + "duration = '3 mV'", (), "program.py: simulate: duration"),
        (PROGRAM + "duration = '3 ms'\nrecord = 3", (), "program.py: simulate: record"),
    ],
)  # fmt: skip
def test_a_python_file_with_a_mistake(neurosim, program, text: str, options: tuple[object, ...], told: str) -> None:
    refused(neurosim("simulate", program(text), "--allow-code", *options), told)


def test_each_command_tells_which_takes_the_file(neurosim, small, tiny) -> None:
    refused(neurosim("simulate", tiny()), "[scenario] makes it a scenario file, which `neurosim run` takes")
    refused(neurosim("run", small()), "[simulation] makes it a plain network, which `neurosim simulate` takes")


# compare


def test_a_comparison_has_a_row_for_each_backend(neurosim, small) -> None:
    done = neurosim("compare", small(), "--backends", "nengo,loopback")
    assert done.code == 0
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert lines[0] == "small: a handful of neurons; seed 0"
    assert lines[1].split("  ")[0].split()[0] == "backend"
    rows = [line.split() for line in lines[3:6]]
    assert [r[0] for r in rows] == ["reference:numpy", "nengo:native", "loopback:numpy"]
    assert {tuple(r[2:5]) for r in rows} == {("T0", "0", "-")}


def test_the_json_of_a_comparison(neurosim, small) -> None:
    data = json.loads(neurosim("compare", small(), "--backends", "nengo", "--json", "--seed", 4).out)
    assert (data["scenario"], data["seed"]) == ("small", 4)
    assert [set(row) for row in data["backends"]] == [ROW_KEYS, ROW_KEYS]
    assert [row["name"] for row in data["backends"]] == ["reference:numpy", "nengo:native"]


def test_files_of_both_kinds_and_several_seeds(neurosim, small, tiny) -> None:
    done = neurosim("compare", small(), tiny(), "--backends", "reference", "--json", "--seeds", "1,2")
    found = [(c["scenario"], c["seed"]) for c in json.loads(done.out)]
    assert found == [("digits_sleep", 1), ("digits_sleep", 2), ("small", 1), ("small", 2)]


def test_below_the_tier_that_is_demanded_ends_with_1(neurosim, small, monkeypatch: pytest.MonkeyPatch) -> None:
    compare = import_module("neurosim.simulation.compare")
    real = compare.first_difference
    monkeypatch.setattr(
        compare, "first_difference", lambda a, b: real(a, b) if a is b else compare.Difference("e.v", 2, 3.0)
    )
    done = neurosim("compare", small(), "--backends", "nengo")
    assert done.code == 1
    assert "e.v[2] at 3 ms" in done.out
    assert "below the tier that is demanded: small on nengo:native" in done.err
    assert neurosim("compare", small(('tier = "T0"\n', "")), "--backends", "nengo").code == 0


def altered(found):
    """The same without the spikes of its last half."""
    train = found["e.spikes"]
    dense = train.events.dense().copy()
    dense[0, train.events.steps // 2 :] = False
    spikes = type(train)(type(train.events).from_dense(dense), train.dt)
    return replace(found, recorded={**found.recorded, "e.spikes": spikes})


def other_spikes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let backends beside the reference lose the spikes of their last half."""
    experiment = import_module("neurosim.simulation.running.experiment").Experiment
    real = experiment.on

    def on(self, backend: str, progress=None):
        found = real(self, backend, progress)
        return found if backend == "reference" else altered(found)

    monkeypatch.setattr(experiment, "on", on)


def test_segments_tell_what_a_free_run_cannot(neurosim, small, monkeypatch: pytest.MonkeyPatch) -> None:
    other_spikes(monkeypatch)
    free = json.loads(neurosim("compare", small(), "--backends", "nengo", "--json").out)["backends"]
    done = neurosim("compare", small(), "--backends", "nengo", "--json", "--segments")
    assert (done.code, "small on nengo:native" in done.err) == (1, True), "T0 is demanded"
    rows = json.loads(done.out)["backends"]
    assert [(row["tier"], "segments" in row) for row in free] == [("T0", False), ("none", False)]
    assert [(row["tier"], "segments" in row) for row in rows] == [("T0", False), ("T1", True)]
    segments = rows[1]["segments"]
    assert 0 < segments.pop("amplification") < 1e-12
    assert segments == {"count": 1, "max_abs_dw": 0.0, "spikes_different": 0}
    table = neurosim("compare", small(), "--backends", "nengo", "--segments").out
    assert "nengo:native: 1 teacher-forced segments, worst max|dw| 0.0e+00" in table


def test_a_picture_of_the_first_difference(neurosim, small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    assert neurosim("compare", small(), "--backends", "nengo", "--plot", "same.svg").code == 0
    other_spikes(monkeypatch)
    done = neurosim("compare", small(), "--backends", "nengo", "--plot", "differs.svg")
    (first,) = {line.split()[4] for line in done.out.splitlines() if line.startswith("nengo")}
    assert first.startswith("e.")
    told = [f"<!-- {first} at " in (tmp_path / f"{name}.svg").read_text() for name in ("same", "differs")]
    assert told == [False, True]


def test_one_picture_of_one_comparison(neurosim, small) -> None:
    refused(
        neurosim("compare", small(), "--seeds", "1,2", "--plot", "a.svg"), "--plot a.svg: one picture, 2 comparisons"
    )


def test_jobs_at_once_find_what_they_find_one_by_one(neurosim, small) -> None:
    found = []
    for jobs in ("1", "2"):
        done = neurosim(
            "compare", small(), "--backends", "nengo", "--seeds", "1,2", "--jobs", jobs, "--segments", "--json"
        )
        assert done.code == 0
        found.append(json.loads(done.out))
    for one, other in zip(*found, strict=True):
        assert (one["scenario"], one["seed"]) == (other["scenario"], other["seed"])
        for a, b in zip(one["backends"], other["backends"], strict=True):
            assert {k: a[k] for k in SAME_AGAIN} == {k: b[k] for k in SAME_AGAIN}


@pytest.mark.parametrize("option", [("--duration", "1 ms"), ("--plot", "a.svg")])
def test_options_of_networks_are_refused_for_scenarios(neurosim, tiny, option: tuple[str, ...]) -> None:
    refused(neurosim("compare", tiny(), *option), f"{option[0]} is for a file of a plain network")


WORKER = '\n[workers.other]\nbackend = "reference"\n'


def test_a_worker_of_the_file_is_a_backend(neurosim, small) -> None:
    path = small(('weight = "0.5 mV"\n', f'weight = "0.5 mV"\n{WORKER}'))
    rows = json.loads(neurosim("compare", path, "--backends", "other", "--json").out)["backends"]
    assert [(row["name"], row["tier"]) for row in rows] == [("reference:numpy", "T0"), ("other:numpy", "T0")]
    assert json.loads(neurosim("simulate", path, "--backend", "other", "--json").out)["backend"] == "other:numpy"
    refused(neurosim("simulate", path, "--backend", "othr"), "backend 'othr'", "did you mean 'other'")


def test_a_worker_with_the_name_of_a_backend_is_refused(neurosim, small) -> None:
    path = small(('weight = "0.5 mV"\n', f'weight = "0.5 mV"\n{WORKER.replace("other", "brian2")}'))
    refused(neurosim("simulate", path), "[workers.brian2]: an installed backend is called 'brian2'")


def test_a_worker_is_started_by_resume_where_it_is_named_again(neurosim, small, tmp_path: Path) -> None:
    path = small(('weight = "0.5 mV"\n', f'weight = "0.5 mV"\n{WORKER}'))
    assert neurosim("simulate", path, "--backend", "other", "--out", "kept").code == 0
    (folder,) = (tmp_path / "kept").iterdir()
    refused(neurosim("resume", folder), "goes to worker 'other'", f"neurosim resume {folder} --backend other")
    assert neurosim("resume", folder, "--backend", "other").code == 0
