"""``--data FOLDER`` and NEUROSIM_DATA: where the files of a data set are."""

import json
from pathlib import Path

import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.scenario import datasets, schema
from neurosim.scenario.preparation import prepare
from neurosim.scenario.runs import comparison

MNIST = ('name = "digits"', 'name = "mnist"\ntrain = 100'), ("validation = 1637", "validation = 0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Data as large as the scenario expects: 64 pixels, 10 classes."""
    home = tmp_path / "data" / "mnist"
    home.mkdir(parents=True)
    random = np.random.default_rng(0)
    for part, number in (("train", 150), ("t10k", 60)):
        images, labels = random.integers(0, 256, (number, 8, 8), dtype=np.uint8), np.arange(number) % 10
        for name, array in (("images-idx3", images), ("labels-idx1", labels.astype(np.uint8))):
            sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
            (home / f"{part}-{name}-ubyte").write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())
    return home.parent


def test_the_option_names_the_folder_of_data_sets(neurosim, tiny, folder: Path) -> None:
    done = neurosim("run", tiny(*MNIST), "--data", folder, "--json")
    assert (done.code, done.err) == (0, "")
    assert len(json.loads(done.out)["accuracy_matrix"]) == 5


def test_the_environment_names_the_folder_of_data_sets(neurosim, tiny, folder: Path, monkeypatch) -> None:
    monkeypatch.setenv("NEUROSIM_DATA", str(folder))
    assert neurosim("run", tiny(*MNIST), "--json").code == 0


def test_the_option_is_obeyed_before_the_environment(neurosim, tiny, folder: Path, monkeypatch) -> None:
    monkeypatch.setenv("NEUROSIM_DATA", str(folder))
    done = neurosim("run", tiny(*MNIST), "--data", folder / "elsewhere")
    assert done.code == 2
    assert "tiny.toml: data set mnist: train-images-idx3-ubyte[.gz], " in done.err
    assert f"not found in {folder}/elsewhere/mnist or {folder}/elsewhere; " in done.err


def test_scenarios_that_are_compared_read_their_data_once(neurosim, tiny, folder: Path, monkeypatch) -> None:
    calls = []
    load = datasets.load
    monkeypatch.setattr(datasets, "load", lambda *a, **k: calls.append(k["name"]) or load(*a, **k))
    paths = [tiny(*MNIST, name=name) for name in ("a.toml", "b.toml")]
    assert neurosim("compare", *paths, "--backends", "reference", "--segments", "--data", folder).code == 0
    assert calls == ["mnist"]


def test_segments_are_of_the_data_given(tiny, folder: Path, monkeypatch) -> None:
    scenario = schema.read(tiny(*MNIST))
    data = scenario.data.build(folder)
    monkeypatch.setattr(datasets, "load", lambda **_: pytest.fail("data were read"))
    chosen = (ReferenceBackend(), "numpy")
    assert comparison.forced_segments(prepare(scenario, data), chosen, chosen)


@pytest.mark.parametrize("command", ["run", "compare"])
def test_the_help_tells_of_the_option(neurosim, command: str) -> None:
    text = " ".join(neurosim(command, "--help").out.split())
    assert "--data FOLDER" in text
    assert "[env var: NEUROSIM_DATA]" in text
