"""Examples that come with neurosim are copied whole, and run as they are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from neurosim.cli.commands.setup import examples
from neurosim.edges.toml import settings
from neurosim.scenario.schema import ScenarioFile
from neurosim.simulation import schema as simulations


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_without_a_name_all_are_listed_in_80_columns(neurosim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = neurosim("init").out
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert all(one.name in shown for one in examples.examples())
    assert [line for line in shown.splitlines() if line.endswith(":")] == ["Scenarios:", "Plain networks:", "Studies:"]


def test_as_json_it_is_what_the_list_has(neurosim) -> None:
    listed = json.loads(neurosim("init", "--json").out)
    assert {one["name"]: (one["kind"], one["data"]) for one in listed}.items() >= {
        "digits_sleep": ("scenario", None),
        "mnist_sleep": ("scenario", "mnist"),
        "cuba": ("simulation", None),
        "studies/fashion": ("study", "fashion-mnist"),
    }.items()


def test_a_copied_scenario_is_the_same_bytes_and_says_how_it_runs(neurosim, tmp_path: Path) -> None:
    done = neurosim("init", "digits_sleep")
    assert done.out.splitlines()[-1] == "go on with: neurosim run digits_sleep.toml"
    assert (tmp_path / "digits_sleep.toml").read_bytes() == (examples.folder() / "digits_sleep.toml").read_bytes()
    assert files_in(tmp_path) == {"digits_sleep.toml"}


def test_what_a_study_extends_comes_along_to_where_it_is_looked_for(neurosim, tmp_path: Path) -> None:
    neurosim("init", "digits", "work")
    extended = {"digits_sleep.toml", "digits_joint.toml", "digits_sequential.toml"}
    assert files_in(tmp_path / "work") == {"studies/digits.toml", *extended}


def test_trained_weights_come_along_and_data_are_named(neurosim, tmp_path: Path) -> None:
    done = neurosim("init", "spoken_digits.toml")
    assert files_in(tmp_path) == {"spoken_digits.toml", "pretrained/spoken_digits.h5"}
    assert "'spoken-digits': --data FOLDER" in done.out


@pytest.mark.parametrize("name", [one.name for one in examples.examples()])
def test_every_copy_can_be_read_with_all_that_it_names(neurosim, tmp_path: Path, name: str) -> None:
    done = json.loads(neurosim("init", name, "--json").out)
    first = tmp_path / done["files"][0]
    if done["command"].startswith("neurosim simulate"):
        simulations.read(first, (), None)
    else:
        ScenarioFile.read(first).document(None, settings.parsed(()))
    assert all((tmp_path / path).is_file() for path in done["files"])


def test_nothing_is_overwritten(neurosim, tmp_path: Path) -> None:
    (tmp_path / "digits_joint.toml").write_text("mine\n")
    done = neurosim("init", "digits")
    assert done.code == 2
    assert done.err == "error: digits_joint.toml: it is there already, and differs; name another DIR\n"
    assert files_in(tmp_path) == {"digits_joint.toml"}


def test_the_same_again_changes_nothing(neurosim, tmp_path: Path) -> None:
    neurosim("init", "digits_sleep")
    before = (tmp_path / "digits_sleep.toml").stat()
    assert neurosim("init", "digits_sleep").code == 0
    assert (tmp_path / "digits_sleep.toml").stat() == before


def test_a_typing_error_has_the_nearest_name(neurosim, tmp_path: Path) -> None:
    done = neurosim("init", "digit_sleep")
    assert done.code == 2
    assert "did you mean 'digits_sleep'?" in done.err
    assert files_in(tmp_path) == set()


def test_a_place_that_is_no_folder_is_refused(neurosim, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = neurosim("init", "digits_sleep", "file")
    assert (done.code, done.err.startswith("error: file")) == (2, True)


def test_a_build_has_every_example_and_what_it_names(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    root = examples.folder().parent
    build = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path / "built")]
    subprocess.run(build, cwd=root, capture_output=True, check=True, timeout=120)
    there = files_in(tmp_path / "built" / "neurosim" / "examples")
    assert {path.as_posix() for one in examples.examples() for path in one.files()} == there
