"""`neurosim device`: calibrating, verifying and listing the devices of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neurosim.device.calibration import files

SIMULATION = """
[simulation]
name = "small"
duration = "20 ms"
dt = "1 ms"

[network.population.cells]
size = 6
model = "LIF"

[network.source.noise]
kind = "poisson"
rate = "50 Hz"
size = 4

[network.projection.p]
pre = "noise"
post = "cells"
weight = 0.5

[devices.chip]
seed = 3
gain = 0.1
"""
DEVICES = """
[devices.board]
seed = 7
gain = 0.2
offset = 0.05
calibration = "board.calibration.toml"

[devices.plain]
on = "nengo"
weight_bits = 4
readout = { bits = 6 }
"""


@pytest.fixture
def file(tiny) -> Path:
    return tiny(more=DEVICES)


@pytest.fixture
def calibrated(file: Path, neurosim) -> Path:
    done = neurosim("device", "calibrate", str(file), "board", "--out", str(file.parent / "board.calibration.toml"))
    assert done.code == 0, done.err
    return file


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_calibrating_tells_what_was_found(file: Path, neurosim, columns: int) -> None:
    out = file.parent / "board.calibration.toml"
    done = neurosim("device", "calibrate", str(file), "board", "--out", str(out))
    assert (done.code, done.err) == (0, "")
    table = done.out.split("\n\n")[1]
    assert max(map(len, table.splitlines())) <= columns
    for word in ("hidden", "output", "gain", "offset", "8 of 8", "10 of 10"):
        assert word in table
    assert "not identified:\n  eps: the rate that a unit settles at" in done.out
    assert files.read(out).populations["hidden"].size == 8


def test_calibrating_as_data(file: Path, neurosim) -> None:
    out = file.parent / "b.toml"
    done = neurosim("device", "calibrate", str(file), "board", "--out", str(out), "--json")
    found = json.loads(done.out)
    assert (found["file"], found["kind"], found["digest"]) == (str(out), "mock", files.read(out).digest)
    hidden = found["populations"]["hidden"]
    assert (hidden["method"], hidden["neurons"], hidden["found"]) == ("rates", 8, 8)
    assert hidden["spreads"].keys() == hidden["residuals"].keys() == {"gain", "offset"}


def test_a_device_of_a_plain_network_is_calibrated_from_spikes(tmp_path: Path, neurosim) -> None:
    path = tmp_path / "n.toml"
    path.write_text(SIMULATION)
    done = neurosim("device", "calibrate", str(path), "chip", "--out", str(tmp_path / "c.toml"), "--programmings", "1")
    assert done.code == 0, done.err
    assert "log gain/threshold" in done.out
    assert "gain and threshold apart: what arrives is multiplied" in done.out
    path.write_text(f'{SIMULATION}calibration = "c.toml"\n')
    assert neurosim("device", "verify", str(path), "chip").code == 0
    done = neurosim("simulate", str(path), "--backend", "chip")
    assert (done.code, done.err) == (0, "")


def test_status_tells_of_all_devices(file: Path, neurosim) -> None:
    done = neurosim("device", "status", str(file))
    assert done.code == 0
    assert "board: mock on reference, chip 7" in done.out
    assert "figures: gain = 0.2, offset = 0.05" in done.out
    assert "calibration: refused; " in done.out  # there is none yet
    assert "plain: mock on nengo, chip 0" in done.out
    assert "calibration: none" in done.out
    assert "readout = { bits = 6 }\n" in done.out  # and nothing that any readout has


def test_status_of_one_device_as_data(calibrated: Path, neurosim) -> None:
    (found,) = json.loads(neurosim("device", "status", str(calibrated), "board", "--json").out)
    assert (found["name"], found["kind"], found["on"], found["seed"]) == ("board", "mock", "reference", 7)
    assert found["figures"] == {"gain": 0.2, "offset": 0.05}
    path = calibrated.parent / "board.calibration.toml"
    assert (found["calibration"]["file"], found["calibration"]["state"]) == (str(path), "unverified")
    assert found["calibration"]["digest"] == files.read(path).digest
    assert 0 <= found["calibration"]["age_days"] < 0.01


def test_verifying_keeps_the_verdict_in_the_file(calibrated: Path, neurosim) -> None:
    path = calibrated.parent / "board.calibration.toml"
    before = files.read(path)
    done = neurosim("device", "verify", str(calibrated), "board")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("board: good\n")
    after = files.read(path)
    assert after.digest == before.digest
    assert after.verification is not None
    assert after.verification.is_good
    assert "calibration: good" in neurosim("device", "status", str(calibrated)).out


def test_a_stale_calibration_ends_in_1_and_is_then_refused(calibrated: Path, neurosim) -> None:
    path = calibrated.parent / "board.calibration.toml"
    found = files.read(path)
    found.populations["hidden"].readings[:] *= 1.5  # what was read then is no more
    found.save(path)
    done = neurosim("device", "verify", str(calibrated), "board", "--json")
    assert done.code == 1
    assert json.loads(done.out)["verdict"] == "stale"
    assert "calibration: stale" in neurosim("device", "status", str(calibrated)).out
    done = neurosim("run", str(calibrated), "--backend", "board", "--out", str(calibrated.parent / "runs"))
    assert done.code == 2
    assert "it is stale: the verification of" in done.err
    assert not list((calibrated.parent / "runs").glob("*/*"))


def test_a_run_keeps_the_digest_and_is_resumed_from_another_folder(
    calibrated: Path, neurosim, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = neurosim("run", str(calibrated), "--backend", "board", "--out", str(calibrated.parent / "runs"), "--json")
    assert done.code == 0, done.err
    folder = next((calibrated.parent / "runs").iterdir())
    digest = files.read(calibrated.parent / "board.calibration.toml").digest
    assert json.loads((folder / "run.json").read_text())["versions"]["calibration board"] == digest
    (folder / "result.json").unlink()
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    done = neurosim("resume", str(folder))
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("calibrate", "{file}", "bord", "--out", "{folder}/a.toml"), "no device 'bord'; did you mean 'board'?"),
        (("calibrate", "{file}", "board", "--out", "{folder}/a.h5"), "expected a file in TOML, such as board.cal"),
        (("calibrate", "{file}", "board", "--out", "{folder}/no/a.toml"), "there is no folder"),
        (("verify", "{file}", "plain"), "[devices.plain] has no calibration; write one with `neurosim device cal"),
        (("verify", "{file}", "board"), "board.calibration.toml: it cannot be read"),
        (("status", "{folder}/none.toml"), "none.toml: "),
        (("status", "{folder}/none.py"), "a Python file has no [devices.NAME]"),
        (("status", "{file}", "bord"), "no device 'bord'; did you mean 'board'?"),
    ],
    ids=["name", "ending", "folder", "no calibration", "missing", "no file", "python", "status"],
)
def test_a_mistake_ends_in_a_paragraph(file: Path, neurosim, words: tuple[str, ...], said: str) -> None:
    before = sorted(file.parent.iterdir())
    done = neurosim("device", *(w.format(file=file, folder=file.parent) for w in words))
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert sorted(file.parent.iterdir()) == before
