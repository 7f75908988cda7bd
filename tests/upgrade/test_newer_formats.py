"""What a newer neurosim wrote is refused in one paragraph that says what to do, and nothing is written."""

from __future__ import annotations

import os
import re
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

import h5py
import pytest
from releases import RELEASES, SAMPLES, files_of

from neurosim.backend import cache
from neurosim.backend.cache import digest
from neurosim.errors import NeurosimError
from neurosim.model.connectivity import Pairs
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, RateUnit
from neurosim.results.store import checksummed

NOW = SAMPLES / RELEASES[-1]
TWICE = Network(
    [Population("a", 3, Clamp), Population("b", 2, RateUnit)],
    [Projection("j", "a", "b", connectivity=Pairs([0, 2, 0], [1, 1, 1]))],
)
"""A network with arrays, and two synapses between a pair."""
NEWER = "of format 99; this neurosim reads format {}; a newer neurosim wrote it: install one that is newer than"
OF_TWO, OF_FOUR = NEWER.format("1 or 2"), NEWER.format("1 or 2 or 3 or 4")


@pytest.fixture
def refused(neurosim, tmp_path: Path):
    """Run a command that is to end with one paragraph, and to write nothing."""

    def run(*command: object, text: str) -> None:
        before = files_of(tmp_path)
        done = neurosim(*command)
        assert (done.code, done.out) == (2, ""), done.err
        assert done.err.startswith("error: ")
        assert done.err.count("\n") == 1
        assert text in done.err
        assert files_of(tmp_path) == before

    return run


def sealed_anew(path: Path, **changed: object) -> str:
    """Write a file of JSON with other contents, as who has made it would."""
    document, _ = checksummed.read_json(path)
    return checksummed.write_json(path, {**document, **changed})


# run directories


def reading(run: Path) -> list[list[object]]:
    """Commands that read a run directory."""
    return [["resume", run], ["loihi", run / "scenario.toml", "--run", run]]


@pytest.mark.parametrize("which", [0, 1], ids=["resume", "loihi"])
def test_a_run(refused, run_directory, which: int) -> None:
    run = run_directory("small")
    sealed_anew(run / "run.json", neurosim_run=99)
    refused(*reading(run)[which], text=f"{run}: a run {NEWER.format(2)}")


@pytest.mark.parametrize("which", [0, 1], ids=["resume", "loihi"])
def test_a_result(refused, run_directory, which: int) -> None:
    run = run_directory("small")
    sealed_anew(run / "result.json", neurosim_run=99)
    refused(*reading(run)[which], text=f"{run / 'result.json'}: a result {NEWER.format(2)}")


def test_a_scenario_file_in_a_run_directory(refused, run_directory) -> None:
    run = run_directory("interrupted")
    text = "format = 99\n" + (run / "scenario.toml").read_text()
    (run / "scenario.toml").write_text(text)
    document, _ = checksummed.read_json(run / "run.json")
    sealed = document["files"] | {"scenario.toml": checksummed.digest(text.encode())}
    sealed_anew(run / "run.json", files=sealed)
    refused("resume", run, text=f"a scenario file {NEWER.format(1)}")


# trained networks and networks


def test_a_trained_network(refused, tmp_path: Path) -> None:
    for path in (NOW / "pretrained").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with h5py.File(tmp_path / "trained.h5", "r+") as file:
        file.attrs["neurosim_pretrained"] = 99
    refused(
        "run",
        tmp_path / "from_file.toml",
        text=f"{tmp_path / 'trained.h5'}: a trained network {OF_TWO}",
    )


def test_a_network() -> None:
    text = (NOW / "networks" / "every_connectivity.json").read_text()
    newer = re.sub(r'"neurosim_network": \d+', '"neurosim_network": 99', text)
    with pytest.raises(NeurosimError, match=f"network JSON {OF_FOUR}"):
        Network.from_json(newer)


def test_a_saved_network(tmp_path: Path) -> None:
    text = re.sub(r'"neurosim_network": \d+', '"neurosim_network": 99', TWICE.to_json())
    (tmp_path / "net.json").write_text(text)
    with pytest.raises(NeurosimError, match=re.escape(f"{tmp_path / 'net.json'}: network JSON {OF_FOUR}")):
        Network.load(tmp_path / "net.json")


def test_arrays_beside_a_network(tmp_path: Path) -> None:
    TWICE.save(tmp_path / "net.json")
    with h5py.File(tmp_path / "net.h5", "r+") as file:
        file.attrs["neurosim_network"] = 99
    with pytest.raises(NeurosimError, match=re.escape(f"net.h5: arrays of a network {OF_FOUR}")):
        Network.load(tmp_path / "net.json")


# scenario files


@pytest.mark.parametrize("command", ["run", "compare", "loihi", "map", "pretrain", "search"])
def test_a_scenario_file(refused, tmp_path: Path, command: str) -> None:
    path = tmp_path / "newer.toml"
    path.write_text("format = 99\n[unheard_of]\n" + (NOW / "scenarios" / "digits_sleep.toml").read_text())
    refused(command, path, text=f"{path}: a scenario file {NEWER.format(1)}")


@pytest.mark.parametrize("value", ['"new"', "1.5", "0", "true"])
def test_a_scenario_file_whose_format_is_no_version(refused, tmp_path: Path, value: str) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(f"format = {value}\n" + (NOW / "scenarios" / "digits_sleep.toml").read_text())
    refused("run", path, text="; this neurosim reads format 1\n")


def test_a_scenario_file_of_the_present_format_is_one_without_a_format(neurosim, tmp_path: Path) -> None:
    text = (NOW / "run_directories" / "small" / "scenario.toml").read_text()
    told = []
    for name, begins in (("with", "format = 1\n"), ("without", "")):
        (tmp_path / f"{name}.toml").write_text(begins + text)
        done = neurosim("run", f"{name}.toml", "--out", name)
        assert done.code == 0, done.err
        [run] = (tmp_path / name).iterdir()
        told.append((run / "result.json").read_bytes())
    assert told[0] == told[1]


# searches


SEARCH = '\n[search]\ntrials = 1\nseeds = [5]\n[search.range]\n"training.beta" = { low = 0.1, high = 0.9 }\n'


@pytest.fixture
def searched(neurosim, tmp_path: Path) -> Path:
    """A scenario with a search that has ended; its trials are beside it."""
    text = (NOW / "run_directories" / "small" / "scenario.toml").read_text()
    path = tmp_path / "small.toml"
    path.write_text(text.replace("test = 20", "test = 20\nvalidation = 20") + SEARCH)
    done = neurosim("search", path)
    assert done.code == 0, done.err
    return path


def altered(path: Path, statement: str) -> Path:
    """The trials beside a scenario, after a statement of SQL."""
    storage = path.with_name("small-search.db")
    with closing(sqlite3.connect(storage)) as database:
        assert database.execute(statement).rowcount == 1
        database.commit()
    return storage


def test_a_search(refused, searched: Path) -> None:
    storage = altered(searched, "update study_user_attributes set value_json = '99' where key = 'format'")
    refused("search", searched, text=f"{storage}: trials of a search {NEWER.format(1)}")


def test_a_search_of_a_newer_optuna(refused, searched: Path) -> None:
    storage = altered(searched, "update alembic_version set version_num = 'v99.0.0.a'")
    refused("search", searched, text=f"{storage}: no storage of a search (The runtime optuna version")


def test_a_search_that_says_no_format_goes_on(neurosim, searched: Path) -> None:
    altered(searched, "delete from study_user_attributes where key = 'format'")
    assert neurosim("search", searched).code == 0


# compiled programs


def test_a_compiled_program_whose_list_is_of_another_format_is_built_anew(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    builds: list[Path] = []

    def build(folder: Path) -> None:
        builds.append(folder)
        (folder / "main").write_text("a program")

    folder = cache.artefact("test", "key", build)
    (folder / digest.LIST).write_text('{"format": 99}\n')
    os.utime(folder / digest.LIST, (1, 1))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        cache.artefact("test", "key", build)
    assert len(builds) == 2
    assert "is built anew" in str(said[0].message)
