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
    found = json.loads(neurosim("device", "probe", file, "board", "--json").out)
    assert found["fits"] == {"wake": False}
    assert "synapses (at most 16777216)" in found["refused"]["wake"]


def test_a_mock_has_no_link(file: Path, neurosim) -> None:
    done = neurosim("device", "probe", file, "chip")
    assert (done.code, "device 'chip' is a mock, which has no link" in done.err) == (2, True)


def test_a_board_that_is_not_there_is_told(file: Path, neurosim) -> None:
    done = neurosim("device", "probe", file, "gone")
    assert done.code == 2
    assert done.err == "error: device gone: there is no program '/none/such' that can be run\n"
