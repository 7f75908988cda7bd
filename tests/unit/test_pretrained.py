"""A trained network in a file: what comes back, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import InputError, SpecError
from neurosim.model.connectivity import Pairs
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, RateUnit
from neurosim.program.precision import on_grid
from neurosim.results import pretrained
from neurosim.results.pretrained import Pretrained
from neurosim.scenario import engine, schema
from neurosim.scenario.preparation import plan, prepare

SCENARIO = """
[scenario]
name = "pretrained"
precision = { format = "grid" }
[data]
name = "digits"
test = 100
train = 60
[stream]
kind = "joint"
[network.population]
input = { size = 64, wake = { model = "Clamp" } }
output = { size = 10, wake = { model = "RateUnit" } }
[network.projection]
only = { pre = "input", post = "output" }
[pretraining]
file = "weights.h5"
input = "input"
output = "output"
steps = 3
lr = 0.01
"""


def trained(seed: int = 0) -> Pretrained:
    network = Network([Population("a", 4, Clamp), Population("b", 3, RateUnit)], [Projection("j", "a", "b")])
    random = np.random.Generator(np.random.Philox(seed))
    learned = {"j.w": random.normal(size=(4, 3)), "b.bias": np.float32(random.normal(size=3)).astype(float)}
    return Pretrained(network, learned, {"seed": seed, "settings": {"lr": 0.1}})


def test_a_file_has_the_values_of_neurons(tmp_path: Path) -> None:
    populations = [Population("a", 4, Clamp), Population("b", 3, RateUnit, parameters={"eps": [0.25, 0.5, 0.75]})]
    network = Network(populations, [Projection("j", "a", "b")])
    pretrained.write(dataclasses.replace(trained(), network=network), tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5") as file:
        assert sorted(file) == ["b.bias", "fixed", "j.w"]
    assert pretrained.read(tmp_path / "net.h5").network == network


def wired() -> Pretrained:
    """A network with two synapses between 0 and 1."""
    pairs = Pairs([0, 2, 2, 0], [1, 1, 0, 1])
    network = Network(
        [Population("a", 4, Clamp), Population("b", 3, RateUnit)], [Projection("j", "a", "b", connectivity=pairs)]
    )
    learned = {n: np.arange(math.prod(v.shape)) / 4 for n, v in network.learned().items()}
    return Pretrained(network, learned, {"seed": 0})


[NAME] = wired().network.arrays()
WIRING = wired().network.arrays()[NAME]


def test_a_file_has_the_wiring_of_its_network(tmp_path: Path) -> None:
    pretrained.write(wired(), tmp_path / "net.h5")
    stored = pretrained.read(tmp_path / "net.h5")
    assert stored.network == wired().network
    assert stored.digest() == wired().digest()
    assert all(np.array_equal(stored.learned[n], a) for n, a in wired().learned.items())
    with h5py.File(tmp_path / "net.h5") as file:
        assert file.attrs["neurosim_pretrained"] == 2
        np.testing.assert_array_equal(file[f"wiring/{NAME}"], WIRING)


def test_a_file_without_wiring_is_as_it_was(tmp_path: Path) -> None:
    pretrained.write(trained(), tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5") as file:
        assert file.attrs["neurosim_pretrained"] == 1
        assert sorted(file) == ["b.bias", "j.w"]


def test_a_file_of_before_has_lists_of_pairs(tmp_path: Path) -> None:
    document = json.loads(wired().network.to_json())
    document["neurosim_network"] = 1
    document["projections"][0]["connectivity"] = {"kind": "pairs", "pre": [0, 2, 2, 0], "post": [1, 1, 0, 1]}
    before = dataclasses.replace(wired(), text=json.dumps(document))
    pretrained.write(before, tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5", "r+") as file:
        file.attrs["neurosim_pretrained"] = 1
        del file["wiring"]
    stored = pretrained.read(tmp_path / "net.h5")
    assert stored.network == wired().network
    assert stored.digest() == before.digest()
    pretrained.write(stored, tmp_path / "again.h5")
    assert pretrained.read(tmp_path / "again.h5").digest() == before.digest()


def test_the_digest_is_of_the_wiring_too() -> None:
    j = Projection("j", "a", "b", connectivity=Pairs([0, 2, 2, 1], [1, 1, 0, 1]))
    other = Network(wired().network.populations, [j])
    assert dataclasses.replace(wired(), network=other).digest() != wired().digest()


def _rewired(data: Any, name: str = NAME) -> Callable[[Path], None]:
    """Something else in the place of the wiring; nothing for None."""

    def put(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            del file["wiring"]
            if data is not None:
                file[f"wiring/{name}"] = data

    return put


def _more_wiring(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["wiring/more"] = WIRING


def _as_format_1(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["neurosim_pretrained"] = 1


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (_rewired(None), f"projection j: its pairs are the array {NAME[:12]}..., which is missing"),
        (_rewired(WIRING, "other"), f"projection j: its pairs are the array {NAME[:12]}..., which is missing"),
        (_rewired(WIRING[:, ::-1]), f"projection j: the array {NAME[:12]}... is another"),
        (_rewired(WIRING[:, 1:]), f"projection j: the array {NAME[:12]}... has shape (2, 3), expected (2, 4)"),
        (_rewired(WIRING * 1.0), f"'wiring/{NAME}' has values of type float64, expected numbers"),
        (_rewired(h5py.SoftLink("/j.w")), f"'wiring/{NAME}' is a link to another place"),
        (_more_wiring, f"it has {NAME}, more, expected {NAME}"),
        (_as_format_1, f"projection j: its pairs are the array {NAME[:12]}..., which is missing"),
    ],
)
def test_other_wiring_than_that_of_the_network_is_refused(tmp_path: Path, harm, message: str) -> None:
    path = tmp_path / "net.h5"
    pretrained.write(wired(), path)
    harm(path)
    with pytest.raises(InputError, match=re.escape(f"{path}: not a trained network: {message}")):
        pretrained.read(path)


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    pretrained.write(trained(), tmp_path / "sub" / "net.h5")
    stored = pretrained.read(tmp_path / "sub" / "net.h5")
    assert stored.network == trained().network
    assert stored.training == trained().training
    assert all(np.array_equal(stored.learned[n], a) for n, a in trained().learned.items())
    assert [p.name for p in (tmp_path / "sub").iterdir()] == ["net.h5"]


def test_arrays_are_narrow_where_nothing_is_lost(tmp_path: Path) -> None:
    pretrained.write(trained(), tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5") as file:
        assert file["b.bias"].dtype == np.float32
        assert file["j.w"].dtype == np.float64


def test_the_digest_is_of_network_and_arrays() -> None:
    assert trained(0).digest() == trained(0).digest() != trained(1).digest()
    renamed = Network([Population("a", 4, Clamp), Population("b", 3, RateUnit(eps=0.9))], [Projection("j", "a", "b")])
    assert Pretrained(renamed, trained().learned, {}).digest() != trained().digest()


def _altered(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["j.w"][0, 0] += 1.0


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _newer(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["neurosim_pretrained"] = 99


def _other(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["x"] = 1.0


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (_altered, "its digest is not that of its contents"),
        (_cut, "not a trained network"),
        (_newer, "a trained network of format 99; this neurosim reads format 1 or 2; a newer neurosim"),
        (_other, "not a trained network"),
        (Path.unlink, "there is no such file"),
    ],
)
def test_what_is_no_such_file_is_refused_with_its_name(tmp_path: Path, harm, message: str) -> None:
    path = tmp_path / "net.h5"
    pretrained.write(trained(), path)
    harm(path)
    with pytest.raises(InputError, match=message) as error:
        pretrained.read(path)
    assert str(path) in str(error.value)


def _as(kind: Any) -> Callable[[Path], None]:
    """Something else in the place of an array."""

    def put(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            del file["j.w"]
            kind(file)

    return put


def _deep(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["training"] = '{"a":' * 60_000 + "1" + "}" * 60_000


OTHERS = {
    "a group": (_as(lambda f: f.create_group("j.w")), "'j.w' is a group, expected an array"),
    "a soft link": (_as(lambda f: f.update({"j.w": h5py.SoftLink("/b.bias")})), "'j.w' is a link to another place"),
    "a link away": (_as(lambda f: f.update({"j.w": h5py.ExternalLink("x", "/y")})), "'j.w' is a link to another place"),
    "references": (_as(lambda f: f.create_dataset("j.w", (4, 3), h5py.ref_dtype)), "'j.w' has values of type object"),
    "text": (_as(lambda f: f.create_dataset("j.w", (4, 3), "S3")), "'j.w' has values of type |S3, expected numbers"),
    "nothing": (_as(lambda f: None), "it has b.bias, expected b.bias, j.w"),
    "more": (_as(lambda f: f.update({"j.w": 1.0, "j.x": 1.0})), "it has b.bias, j.w, j.x, expected b.bias, j.w"),
    "declared": (
        _as(lambda f: f.create_dataset("j.w", (10**12,), "f8", chunks=(100,))),
        "'j.w' declares 1000000000000 values, for which the file has 0 bytes",
    ),
    "of another shape": (_as(lambda f: f.update({"j.w": np.zeros((3, 4))})), "'j.w' has shape (3, 4), expected (4, 3)"),
    "infinite": (_as(lambda f: f.update({"j.w": np.full((4, 3), np.inf)})), "'j.w' has values that are not finite"),
    "deep": (_deep, "no HDF5 file that can be read: RecursionError"),
}


@pytest.mark.parametrize(("harm", "message"), OTHERS.values(), ids=OTHERS)
def test_what_is_no_array_of_the_network_is_refused(tmp_path: Path, harm, message: str) -> None:
    path = tmp_path / "net.h5"
    pretrained.write(trained(), path)
    harm(path)
    with pytest.raises(InputError, match=re.escape(f"{path}: not a trained network: {message}")):
        pretrained.read(path)


def test_a_place_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        pretrained.write(trained(), tmp_path / "file" / "net.h5")


# in a scenario


def scenario(folder: Path, text: str = SCENARIO) -> schema.Scenario:
    (folder / "s.toml").write_text(text)
    return schema.read(folder / "s.toml")


@pytest.mark.parametrize("name", ["scenario.toml", "folder", "pipe", "other.h5", "", "scenario.toml/net.h5"])
def test_only_a_trained_network_is_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / "scenario.toml").write_text("mine")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["a"] = 1.0
    before = (tmp_path / "other.h5").read_bytes()
    with pytest.raises(InputError, match=r"cannot be written|no trained network"):
        pretrained.check_target(tmp_path / name if name else Path())
    assert (tmp_path / "scenario.toml").read_text() == "mine"
    assert (tmp_path / "other.h5").read_bytes() == before


def test_a_trained_network_and_a_free_name_are_places_for_one(tmp_path: Path) -> None:
    pretrained.write(trained(), tmp_path / "net.h5")
    pretrained.check_target(tmp_path / "net.h5")
    pretrained.check_target(tmp_path / "new" / "net.h5")
    assert not (tmp_path / "new").exists()


def test_a_scenario_starts_from_its_file_on_the_grid(tmp_path: Path) -> None:
    parsed = scenario(tmp_path)
    network = parsed.build_network()
    random = np.random.Generator(np.random.Philox(1))
    learned = {n: random.normal(0, 0.1, v.shape) for n, v in network.learned().items()}
    pretrained.write(Pretrained(network, learned, {}), tmp_path / "weights.h5")
    result = engine.run(parsed, ReferenceBackend().compile)
    (stage,) = result.stages
    assert stage.kind == "pretrained"
    assert np.array_equal(stage.learned["only.w"], on_grid(learned["only.w"], 24))
    assert result.accuracy_matrix.shape == (1, 1)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda folder: None, r"\[pretraining\] file: .*there is no such file"),
        (lambda folder: pretrained.write(trained(), folder / "weights.h5"), "is of another network than that"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path: Path, prepare, message: str) -> None:
    prepare(tmp_path)
    with pytest.raises(SpecError, match=message):
        engine.run(scenario(tmp_path), ReferenceBackend().compile)


def test_tasks_after_the_first_need_a_training_method(tmp_path: Path) -> None:
    text = SCENARIO.replace('kind = "joint"', 'kind = "class-incremental"\nincrement = 5')
    parsed = scenario(tmp_path, text)
    with pytest.raises(SpecError, match=r"'training' is missing: \[pretraining\] trains the first of 2 tasks"):
        prepare(parsed, parsed.data.build())


def test_without_both_tables_training_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="'training' is missing"):
        plan(scenario(tmp_path, SCENARIO.split("[pretraining]")[0]))
