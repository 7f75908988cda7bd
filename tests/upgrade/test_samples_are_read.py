"""Whatever a release wrote is read by all that only reads, and gives the numbers that were stored beside it."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from make_samples import learned_by, numbers_of
from releases import RELEASES, SAMPLES, files_of

from neurosim.errors import InputError
from neurosim.model.network import Network
from neurosim.results import pretrained, store
from neurosim.results.store import RunDirectory
from neurosim.scenario import schema

FINISHED = ["small", "sleep_and_gates"]
SCENARIOS = [p for r in RELEASES for p in sorted((SAMPLES / r / "scenarios").glob("*.toml"))]

Numbers = Callable[[str], Any]
Copied = Callable[[str], Path]


@pytest.fixture
def on_other_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later neurosim, on another Python."""
    backend = "neurosim.backend.reference.ReferenceBackend.versions"
    monkeypatch.setattr(backend, lambda _: {"neurosim": "9.0", "numpy": "9.0", "python": "3.99", "new": "1"})


# run directories


@pytest.mark.parametrize("name", FINISHED)
def test_a_finished_run_has_its_numbers(samples: Path, numbers: Numbers, name: str) -> None:
    expected = numbers(f"run_directories/{name}.json")
    found = numbers_of(store.read(samples / "run_directories" / name))
    assert found == {key: expected[key] for key in found}


@pytest.mark.parametrize("name", FINISHED)
def test_reading_a_finished_run_writes_nothing(run_directory: Copied, name: str) -> None:
    run = run_directory(name)
    before = files_of(run)
    store.read(run)
    assert files_of(run) == before


@pytest.mark.usefixtures("on_other_versions")
@pytest.mark.parametrize("name", FINISHED)
def test_resume_prints_a_finished_run_of_other_versions(neurosim, run_directory, numbers, name: str) -> None:
    done = neurosim("resume", run_directory(name), "--json")
    assert (done.code, done.err) == (0, "the run had ended before; nothing is left to run\n")
    assert json.loads(done.out)["accuracy_matrix"] == numbers(f"run_directories/{name}.json")["accuracy_matrix"]


@pytest.mark.usefixtures("on_other_versions")
@pytest.mark.parametrize("name", FINISHED)
def test_a_finished_run_still_has_its_numbers_when_it_was_resumed(neurosim, run_directory, numbers, name: str) -> None:
    run = run_directory(name)
    assert neurosim("resume", run).code == 0
    expected = numbers(f"run_directories/{name}.json")
    found = numbers_of(store.read(run))
    assert found == {key: expected[key] for key in found}


@pytest.mark.parametrize("name", FINISHED)
def test_a_chip_is_told_of_a_finished_run(neurosim, run_directory, numbers, name: str) -> None:
    run = run_directory(name)
    done = neurosim("loihi", run / "scenario.toml", "--run", run, "--json")
    told = json.loads(done.out)
    changed = {part["name"]: part["changed"] for part in told["precision"]}
    assert {"cores": told["cores"], "changed": changed} == numbers(f"run_directories/{name}.json")["on_chip"]


def test_an_interrupted_run_is_said_to_be_unfinished(samples: Path) -> None:
    with pytest.raises(InputError, match="the run is not finished; go on with: neurosim resume"):
        store.read(samples / "run_directories" / "interrupted")


def test_an_interrupted_run_goes_on_where_the_versions_are_the_same(
    neurosim, run_directory, numbers, monkeypatch
) -> None:
    run = run_directory("interrupted")
    versions = dict(store.read_run(run)[0].versions)
    monkeypatch.setattr("neurosim.backend.reference.ReferenceBackend.versions", lambda _: versions)
    assert neurosim("resume", run).code == 0
    expected = numbers("run_directories/sleep_and_gates.json")
    found = numbers_of(store.read(run))
    assert found == {key: expected[key] for key in found}


def test_a_methods_state_comes_back(run_directory, numbers) -> None:
    with RunDirectory.open(run_directory("method_state")) as directory:
        checkpoints, state = directory.restored()
    assert [c.stage.learned["p.w"].tolist() for c in checkpoints] == [[[0.5, -0.25]]]
    assert {n: a.tolist() for n, a in state.items()} == numbers("run_directories/method_state.json")


# networks


def test_a_network_of_every_connectivity_learns_what_it_learned(samples: Path, numbers: Numbers) -> None:
    network = Network.from_json((samples / "networks" / "every_connectivity.json").read_text())
    assert learned_by(network) == numbers("networks/learned.json")


def test_a_trained_network_has_its_arrays(samples: Path, numbers: Numbers) -> None:
    found = pretrained.read(samples / "pretrained" / "trained.h5")
    expected = numbers("pretrained/trained.json")
    assert {n: [a.sum(), list(a.shape)] for n, a in found.learned.items()} == expected["learned"]
    assert found.digest() == expected["digest"]
    assert found.training == {"scenario": "from_file", "seed": 3}


def test_a_trained_network_is_read_by_a_release_that_writes_networks_otherwise(
    samples: Path, numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Network, "to_json", lambda _: "another text")
    digest = pretrained.read(samples / "pretrained" / "trained.h5").digest()
    assert digest == numbers("pretrained/trained.json")["digest"]


def test_a_run_starts_from_a_trained_network(neurosim, samples: Path, numbers: Numbers) -> None:
    done = neurosim("run", samples / "pretrained" / "from_file.toml", "--seed", 3, "--json")
    assert json.loads(done.out)["accuracy"] == numbers("pretrained/trained.json")["accuracy"]


# scenario files


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: f"{p.parents[1].name}-{p.stem}")
def test_a_scenario_file_says_what_it_said(path: Path) -> None:
    found = schema.parse(schema.text_of(path)).model_dump(mode="json")
    assert _without_new_keys(found, was := json.loads(path.with_suffix(".json").read_text())) == was


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: f"{p.parents[1].name}-{p.stem}")
def test_the_network_of_a_scenario_file_can_be_built(path: Path) -> None:
    assert schema.read(path).build_network().learned()


def _without_new_keys(now: Any, was: Any) -> Any:
    """What a file says, but for keys of tables that a later release has added with a default."""
    if isinstance(now, dict) and isinstance(was, dict):
        return {key: _without_new_keys(now[key], was[key]) for key in was if key in now}
    if isinstance(now, list) and isinstance(was, list) and len(now) == len(was):
        return [_without_new_keys(*pair) for pair in zip(now, was, strict=True)]
    return now


# the samples themselves


def test_the_samples_name_no_machine_and_no_place() -> None:
    here = (str(SAMPLES.parents[2]), str(Path.home()), "/home/", "/Users/", "/tmp/", getpass.getuser() + "@")
    for name, content in files_of(SAMPLES).items():
        assert not [place for place in here if place.encode() in content], name


def test_the_samples_of_a_release_are_small() -> None:
    for release in RELEASES:
        assert sum(map(len, files_of(SAMPLES / release).values())) < 400_000
