"""A network in files: its text, its arrays beside it, and what is refused of both."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from neurosim.edges import atomic
from neurosim.errors import InputError, ModelError
from neurosim.model.connectivity import Pairs
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, RateUnit

POPULATIONS = [Population("a", 3, Clamp), Population("b", 2, RateUnit)]
DENSE = Network(POPULATIONS, [Projection("j", "a", "b")])
TWICE = Network(POPULATIONS, [Projection("j", "a", "b", connectivity=Pairs([0, 2, 2, 0], [1, 1, 0, 1]))])
"""With two synapses between 0 and 1."""
[NAME] = TWICE.arrays()
GOOD = TWICE.arrays()[NAME]


def files_in(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_network_comes_back_from_its_files(tmp_path: Path) -> None:
    TWICE.save(tmp_path / "sub" / "net.json")
    assert files_in(tmp_path / "sub") == ["net.h5", "net.json"]
    assert (tmp_path / "sub" / "net.json").read_text() == TWICE.to_json()
    assert Network.load(str(tmp_path / "sub" / "net.json")) == TWICE


def test_values_of_neurons_and_synapses_are_beside_the_wiring(tmp_path: Path) -> None:
    eps = Population("b", 2, RateUnit, parameters={"eps": [0.25, 0.5]})
    network = Network([POPULATIONS[0], eps], TWICE.projections)
    network.save(tmp_path / "net.json")
    [digest] = (array.digest for array in network.fixed().values())
    with h5py.File(tmp_path / "net.h5") as file:
        assert file.attrs["neurosim_network"] == 3
        assert (list(file["fixed"]), list(file["wiring"])) == ([digest], [NAME])
        assert file[f"fixed/{digest}"][:].tolist() == [0.25, 0.5]
    assert Network.load(tmp_path / "net.json") == network


def test_a_network_without_arrays_is_one_file(tmp_path: Path) -> None:
    DENSE.save(str(tmp_path / "net.json"))
    (tmp_path / "net.h5").write_text("something else")
    assert Network.load(tmp_path / "net.json") == DENSE
    DENSE.save(tmp_path / "net.json")
    assert (tmp_path / "net.h5").read_text() == "something else"


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        TWICE.save(tmp_path / f"{name}.json")
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "other.h5").read_bytes()


def test_a_class_of_a_users_is_what_its_files_give(tmp_path: Path) -> None:
    class Mine(Network):
        pass

    TWICE.save(tmp_path / "net.json")
    assert type(Mine.load(tmp_path / "net.json")) is Mine


def test_a_text_of_before_is_read(tmp_path: Path) -> None:
    document = json.loads(TWICE.to_json())
    document["neurosim_network"] = 1
    document["projections"][0]["connectivity"] = {"kind": "pairs", "pre": [0, 2, 2, 0], "post": [1, 1, 0, 1]}
    (tmp_path / "net.json").write_text(json.dumps(document))
    assert Network.load(tmp_path / "net.json") == TWICE


# what is not written


def test_arrays_are_there_before_the_text_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(atomic, "write", lambda path, content: written.append(path.name))
    TWICE.save(tmp_path / "net.json")
    assert written == ["net.h5", "net.json"]


def test_a_full_disk_leaves_the_network_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    TWICE.save(tmp_path / "net.json")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    other = Network(POPULATIONS, [Projection("j", "a", "b", connectivity=Pairs([1], [1]))])
    with pytest.raises(InputError, match=r"net\.json: a network cannot be written there \(No space left on device\)"):
        other.save(tmp_path / "net.json")
    assert files_in(tmp_path) == ["net.h5", "net.json"]
    assert Network.load(tmp_path / "net.json") == TWICE


def _other_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["neurosim_pretrained"] = 1


@pytest.mark.parametrize("make", [_other_hdf5, lambda path: path.write_text("mine"), os.mkfifo, Path.mkdir])
def test_only_arrays_of_a_network_are_replaced(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "net.h5")
    with pytest.raises(InputError, match=r"is there, and no arrays of a network; remove it|expected a regular file"):
        TWICE.save(tmp_path / "net.json")
    assert files_in(tmp_path) == ["net.h5"]


@pytest.mark.parametrize("name", ["", "folder", "net.h5", "file/net.json"])
def test_a_place_for_no_text_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"cannot be written there|call the text net\.json"):
        TWICE.save(tmp_path / name if name else "")
    assert files_in(tmp_path) == ["file", "folder"]


def test_a_network_that_has_no_json_leaves_nothing(tmp_path: Path) -> None:
    class Ring:
        def indices(self, pre: int, post: int, where: str) -> Any:
            return np.arange(pre), np.arange(pre) % post

    with pytest.raises(ModelError, match="projection j: connectivity Ring has no form in JSON"):
        Network(POPULATIONS, [Projection("j", "a", "b", connectivity=Ring())]).save(tmp_path / "net.json")  # type: ignore[arg-type]
    assert files_in(tmp_path) == []


# what is not read


def _put(data: Any, name: str = NAME) -> Callable[[Path], None]:
    """Something else in the place of the array."""

    def put(folder: Path) -> None:
        with h5py.File(folder / "net.h5", "r+") as file:
            del file[f"wiring/{NAME}"]
            data(file) if callable(data) else file.create_dataset(f"wiring/{name}", data=data)

    return put


def _text(old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "net.json").write_text(TWICE.to_json().replace(old, new))  # type: ignore[return-value]


SHORT = f"{NAME[:12]}..."
HARM: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no text": (lambda folder: (folder / "net.json").unlink(), "net.json cannot be read (No such file or directory)"),
    "no arrays": (lambda folder: (folder / "net.h5").unlink(), "net.h5 cannot be read (No such file or directory)"),
    "a folder": (
        lambda folder: ((folder / "net.h5").unlink(), (folder / "net.h5").mkdir()),
        "net.h5 cannot be read (it is a folder, expected a regular file)",
    ),
    "cut": (
        lambda folder: (folder / "net.h5").write_bytes((folder / "net.h5").read_bytes()[:-9]),
        "no HDF5 file that can be read",
    ),
    "another file": (lambda folder: _other_hdf5(folder / "net.h5"), "net.h5: arrays of a network of format None;"),
    "binary": (lambda folder: (folder / "net.json").write_bytes(b"\xff\x80"), "not a network in JSON"),
    "older text": (_text('"neurosim_network": 2', '"neurosim_network": 1'), "projection j: its pairs are the array"),
    "another name": (_text(NAME, "0" * 64), "projection j: its pairs are the array 000000000000..., which is missing"),
    "no array": (_put(lambda file: None), f"projection j: its pairs are the array {SHORT}, which is missing"),
    "another array": (_put(GOOD[:, ::-1]), f"projection j: the array {SHORT} is another, for its digest is"),
    "fewer": (_put(GOOD[:, :3]), f"projection j: the array {SHORT} has shape (2, 3), expected (2, 4)"),
    "flat": (_put(GOOD.ravel()), f"projection j: the array {SHORT} has shape (8,), expected (2, 4)"),
    "a number": (_put(3), f"projection j: the array {SHORT} has shape (), expected (2, 4)"),
    "reals": (_put(GOOD * 1.0), f"'wiring/{NAME}' has values of type float64, expected numbers"),
    "text in its place": (_put(np.full((2, 4), b"1")), f"'wiring/{NAME}' has values of type |S1, expected numbers"),
    "a link": (
        _put(lambda file: file.update({f"wiring/{NAME}": h5py.ExternalLink("x", "/y")})),
        f"'wiring/{NAME}' is a link to another place",
    ),
    "a group": (
        _put(lambda file: file.create_group(f"wiring/{NAME}")), f"'wiring/{NAME}' is a group, expected an array"
    ),
    "declared": (
        _put(lambda file: file.create_dataset(f"wiring/{NAME}", (2, 10**12), "i4", chunks=(2, 100))),
        f"'wiring/{NAME}' declares 2 x 1000000000000 values",
    ),
    "beyond": (_text('"size": 3', '"size": 2'), "projection j: a pair has source 2; expected 0 to 1"),
}  # fmt: skip


@pytest.mark.parametrize(("harm", "message"), HARM.values(), ids=HARM)
def test_what_was_altered_is_refused_in_one_paragraph(
    tmp_path: Path, harm: Callable[[Path], Any], message: str
) -> None:
    TWICE.save(tmp_path / "net.json")
    harm(tmp_path)
    with pytest.raises(InputError, match=re.escape(f"{tmp_path / 'net.json'}: {message}")) as error:
        Network.load(tmp_path / "net.json")
    assert "\n" not in str(error.value)


def test_many_arrays_that_take_no_room_are_not_all_read(tmp_path: Path) -> None:
    TWICE.save(tmp_path / "net.json")
    with h5py.File(tmp_path / "net.h5", "r+") as file:
        for number in range(9):
            shape = (2, 2**20)
            file.create_dataset(f"wiring/{number}", shape, "i8", chunks=shape, compression="gzip")[...] = number
    with pytest.raises(InputError, match=r"'wiring' has more numbers than the [\d,]+ bytes of the file"):
        Network.load(tmp_path / "net.json")


def test_a_network_that_is_replaced_can_be_loaded_until_the_new_one_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies between the two files leaves the network that was there."""
    path, write = tmp_path / "net.json", atomic.write
    TWICE.save(path)
    other = Network(POPULATIONS, [Projection("j", "a", "b", connectivity=Pairs([1], [0]))])

    def dies_before_the_text(place: Path, content: bytes) -> None:
        if place == path:
            raise KeyboardInterrupt
        write(place, content)

    with monkeypatch.context() as patched:
        patched.setattr(atomic, "write", dies_before_the_text)
        with pytest.raises(KeyboardInterrupt):
            other.save(path)
    assert Network.load(path) == TWICE
    other.save(path)
    assert Network.load(path) == other
    with h5py.File(tmp_path / "net.h5") as file:
        assert list(file["wiring"]) == list(other.arrays())
