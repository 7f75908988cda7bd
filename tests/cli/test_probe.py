"""`neurosim device probe`: what a board is, how fast its line is, and whether a network fits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCENARIO = (ROOT / "scenarios" / "loop_firmware.toml").read_text().partition("[devices.")[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "on_boards.toml"
    devices = '[devices.board]\nlink = "process"\n[devices.chip]\n'
    path.write_text(f'{SCENARIO}{devices}[devices.gone]\nlink = "process:/none/such"\n')
    return path


@pytest.mark.parametrize("columns", [80])
def test_a_board_says_what_it_is(file: Path, neurosim) -> None:
    done = neurosim("device", "probe", file, "board")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[:2] == ["board: neurosim firmware on a computer", "  kind: firmware, at process"]
    assert any("round trip: p50 = " in line and line.endswith("of 100") for line in lines)
    assert lines[-1] == "  wake: fits"


def test_a_board_as_data(file: Path, neurosim) -> None:
    found = json.loads(neurosim("device", "probe", file, "board", "--json").out)
    assert (found["name"], found["link"], found["board"]["kind"]) == ("board", "process", "firmware")
    assert found["board"]["boot_id"] == found["health"]["boot_id"] != 0
    times = found["round_trip_ms"]
    assert 0 < times["p50"] <= times["p95"] <= times["p99"]
    assert (times["calls"], found["fits"], found["refused"]) == (100, {"wake": True}, {})


def test_a_network_that_does_not_fit_is_told(file: Path, neurosim) -> None:
    file.write_text(file.read_text().replace("size = 100", "size = 300000"))
    done = neurosim("device", "probe", file, "board", "--json")
    assert done.code == 1
    found = json.loads(done.out)
    assert found["fits"] == {"wake": False}
    assert "synapses (at most 16777216)" in found["refused"]["wake"]


def test_a_mock_has_no_link(file: Path, neurosim) -> None:
    done = neurosim("device", "probe", file, "chip")
    assert (done.code, "device 'chip' is a mock, which has no link" in done.err) == (2, True)


def test_a_board_that_is_not_there_is_told(file: Path, neurosim) -> None:
    done = neurosim("device", "probe", file, "gone")
    assert done.code == 2
    assert done.err == "error: device gone (process:/none/such): there is no program '/none/such' that can be run\n"


# without a board


SIMULATION = """
[simulation]
name = "small"
duration = "20 ms"
dt = "1 ms"
precision = { format = "loihi2", weight_exponent = -8 }
[network.source.noise]
kind = "poisson"
size = 20
rate = "80 Hz"
[network.population.cells]
size = 10
model = "CubaLIF"
parameters = { du = 0.5, dv = 0.1, theta = 1.0 }
[network.projection.noise_cells]
pre = "noise"
post = "cells"
weight = 0.25
[devices.board]
link = "process"
"""


@pytest.fixture
def far(file: Path) -> Path:
    file.write_text(file.read_text().replace('link = "process"', 'link = "serial:/none/such?baud=115200"'))
    return file


@pytest.mark.parametrize("columns", [80])
def test_a_dry_run_tells_what_would_go_over_a_line_that_is_not_there(far: Path, neurosim) -> None:
    done = neurosim("device", "probe", far, "board", "--dry-run")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "board at serial:/none/such?baud=115200 was not contacted"
    assert "115,200 baud" in lines[2]
    assert [line.split()[0] for line in lines if line[:5] in ("wake ", "train", "test ", "total")] == [
        "wake", "train", "test", "total",
    ]  # fmt: skip


def test_a_dry_run_as_data(far: Path, neurosim) -> None:
    found = json.loads(neurosim("device", "probe", far, "board", "--dry-run", "--json").out)
    assert found["assumed"] == {"buffer_bytes": 65536, "ms_a_request": 1.0, "baud": 115200}
    assert found["programs"]["wake"]["synapses"] == 64 * 100 + 100 * 10
    assert found["programs"]["wake"]["write_bytes"] == 2 * (64 * 100 + 100 * 10) + 2 * (8 + 20)
    assert [run["run"] for run in found["runs"]] == ["train", "test"] * 2
    assert found["total"]["calls"] == sum(run["calls"] for run in found["runs"])
    assert 0 < found["total"]["least"]["seconds"] < found["total"]["most"]["seconds"]


def test_a_dry_run_of_numbers_that_are_not_whole_is_refused(far: Path, neurosim) -> None:
    far.write_text(far.read_text().replace('{ format = "loihi2", weight_exponent = -8 }', '{ format = "float64" }'))
    done = neurosim("device", "probe", far, "board", "--dry-run")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {far}: ")
    assert "whole numbers alone" in done.err


def test_whether_a_simulation_fits_is_told(tmp_path: Path, neurosim) -> None:
    path = tmp_path / "small.toml"
    path.write_text(SIMULATION)
    assert neurosim("device", "probe", path, "board").out.splitlines()[-1] == "  wake: fits"
    path.write_text(SIMULATION.replace('{ format = "loihi2", weight_exponent = -8 }', '{ format = "float64" }'))
    found = json.loads(neurosim("device", "probe", path, "board", "--json").out)
    assert "whole numbers alone" in found["refused"]["wake"]


def test_a_dry_run_of_a_simulation(tmp_path: Path, neurosim) -> None:
    path = tmp_path / "small.toml"
    path.write_text(SIMULATION)
    found = json.loads(neurosim("device", "probe", path, "board", "--dry-run", "--json").out)
    [run] = found["runs"]
    assert (run["run"], run["trials"], run["calls"], found["assumed"]["baud"]) == ("simulate", 1, 1, None)
