"""A run on data of a user's own goes on elsewhere, and only on the data that it began with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from small_run import contents, scenario_text

from neurosim.scenario import datasets, schema
from neurosim.scenario.runs import saved_run

Interrupted = Callable[..., Path]


def arrays() -> tuple[np.ndarray, np.ndarray]:
    data = datasets.load("digits", test=20)
    return data.array.copy(), data.labels.copy()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A scenario in a folder of its own, with its data beside it."""
    folder = tmp_path / "study"
    folder.mkdir()
    x, y = arrays()
    np.savez(folder / "own.npz", x=x, y=y)
    path = folder / "own.toml"
    path.write_text(scenario_text().replace('name = "digits"\n', 'file = "own.npz"\n'))
    return path


def test_a_run_keeps_the_path_and_the_digest_of_its_data(neurosim, own: Path) -> None:
    assert neurosim("run", own).code == 0
    run = next(Path("runs").iterdir())
    file = own.with_name("own.npz")
    sealed = hashlib.sha256(file.read_bytes()).hexdigest()
    assert json.loads((run / "run.json").read_text())["source"] == [str(file), sealed]
    assert json.loads((run / "resolved.json").read_text())["data"]["file"] == str(file)
    assert (run / "scenario.toml").read_text() == own.read_text()


def test_a_run_on_a_named_data_set_keeps_what_it_always_kept(neurosim, scenario: Path) -> None:
    assert neurosim("run", scenario).code == 0
    run = next(Path("runs").iterdir())
    assert "source" not in json.loads((run / "run.json").read_text())
    assert list(json.loads((run / "resolved.json").read_text())["data"]) == [
        "name", "test", "validation", "train", "steps", "split_seed",
    ]  # fmt: skip


def test_a_run_goes_on_from_another_folder_to_the_same_bytes(
    neurosim, own: Path, interrupted: Interrupted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert neurosim("run", own, "--out", "whole").code == 0
    whole = contents(next(Path("whole").iterdir()))
    run = interrupted(3, own).absolute()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    done = neurosim("resume", run)
    assert (done.code, done.err) == (0, "")
    assert contents(run) == whole


def test_data_that_have_moved_are_found_in_the_folder_of_data_sets(
    neurosim, own: Path, interrupted: Interrupted, tmp_path: Path
) -> None:
    run = interrupted(3, own)
    (tmp_path / "data").mkdir()
    own.with_name("own.npz").rename(tmp_path / "data" / "own.npz")
    done = neurosim("resume", run)
    assert done.code == 2
    assert "own.npz: no such file, nor " in done.err
    assert neurosim("resume", run, "--data", tmp_path / "data").code == 0


def test_data_that_have_changed_are_refused_by_the_name_of_their_file(
    neurosim, own: Path, interrupted: Interrupted
) -> None:
    run = interrupted(3, own)
    before = contents(run)
    x, y = arrays()
    x[-1, -1] = 1 - x[-1, -1]
    np.savez(own.with_name("own.npz"), x=x, y=y)
    done = neurosim("resume", run)
    assert (done.code, done.out) == (2, "")
    assert (
        f"the file or folder of [data] is not as it was when the run began, which was {own.with_name('own.npz')} ("
        in done.err
    )
    assert contents(run) == before


def test_a_folder_of_data_is_known_by_its_files(neurosim, own: Path, interrupted: Interrupted) -> None:
    events = own.with_name("events")
    for k in range(40):
        path = events / f"class{k % 10}" / f"{k:02}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"time,unit\n{k},{k % 64}\n30,1\n")
    table = 'file = "events"\nsteps = 50\nduration = "50 ms"\ntime_unit = "ms"\nunits = 64\nshow = "rates"\n'
    own.write_text(own.read_text().replace('file = "own.npz"\n', table).replace("train = 20", "train = 10"))
    run = interrupted(2, own)
    (events / "class3" / "03.csv").write_text("time,unit\n3,4\n30,1\n")
    done = neurosim("resume", run)
    assert done.code == 2
    assert f"the file or folder of [data] is not as it was when the run began, which was {events} " in done.err
    (events / "class3" / "03.csv").write_text("time,unit\n3,3\n30,1\n")
    assert neurosim("resume", run).code == 0


def test_a_scenario_of_a_run_directory_reads_its_data_where_they_were(neurosim, own: Path) -> None:
    assert neurosim("run", own).code == 0
    run = next(Path("runs").iterdir())
    with saved_run.RunDirectory.open(run) as directory:
        data = saved_run.scenario_of(directory).data
    assert isinstance(data, schema.NumbersFileTable)
    assert data.file == str(own.with_name("own.npz"))
