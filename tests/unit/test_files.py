"""Files that are read: regular ones only, and no more of them than they hold."""

from __future__ import annotations

import gzip
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from neurosim.edges import files, hdf5
from neurosim.edges.toml import text
from neurosim.errors import InputError, SpecError
from neurosim.results import pretrained
from neurosim.scenario import datasets, schema

pytestmark = pytest.mark.timeout(60)  # what waits for a pipe would wait for ever


def _socket(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # an address is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path.name)
    os.chdir(before)


OTHERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a pipe": (os.mkfifo, "it is a named pipe, expected a regular file"),
    "a folder": (Path.mkdir, "it is a folder, expected a regular file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "it is a device, expected a regular file"),
    "a socket": (_socket, "it is a socket, expected a regular file"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
    "nothing": (lambda path: None, "No such file or directory"),
}


@pytest.fixture(params=OTHERS)
def other(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A path where something else than a file is, and what is said of it."""
    make, message = OTHERS[request.param]
    make(tmp_path / "x")
    return tmp_path / "x", message


def test_what_is_no_file_is_not_read(other: tuple[Path, str]) -> None:
    path, message = other
    with pytest.raises(OSError, match=re.escape(message)):
        files.content(path)


def test_a_scenario_that_is_no_file_is_refused(other: tuple[Path, str]) -> None:
    path, message = other
    with pytest.raises(SpecError, match=re.escape(f"{path}: {message}")):
        schema.read(path)


def test_a_trained_network_that_is_no_file_is_refused(other: tuple[Path, str]) -> None:
    path, _ = other
    with pytest.raises(InputError, match=re.escape(str(path))):
        pretrained.read(path)


def test_nothing_is_added_to_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")
    with pytest.raises(OSError, match="it is a named pipe"):
        files.appending(tmp_path / "x")


def test_lines_are_added_behind_what_is_there(tmp_path: Path) -> None:
    for line in (b"one\n", b"two\n"):
        with files.appending(tmp_path / "x") as file:
            file.write(line)
    assert files.content(tmp_path / "x") == b"one\ntwo\n"


def test_a_name_that_is_none_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no name of a file"):
        files.content(tmp_path / "a\0b")


def test_few_bytes_do_not_unpack_to_very_many() -> None:
    bomb = gzip.compress(bytes(files.ALWAYS + 2**20), 1)
    with pytest.raises(OSError, match=re.escape(f"its {len(bomb):,} bytes unpack to more than {files.ALWAYS:,}")):
        files.unpacked(bomb)


def test_data_that_are_packed_well_are_unpacked() -> None:
    data = bytes(files.ALWAYS // 2)
    assert files.unpacked(gzip.compress(data, 1)) == data


# scenario files


TEXT = (Path(__file__).parents[2] / "scenarios" / "digits_joint.toml").read_text()


def test_a_byte_order_mark_is_no_part_of_a_scenario(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert schema.read(tmp_path / "s.toml") == schema.parse(TEXT)
    assert schema.text_of(tmp_path / "s.toml") == TEXT


@pytest.mark.parametrize("text", [f"x = {'[' * 60_000}", f"x = {'{a=' * 60_000}", f"x = {'9' * 60_000}"])
def test_values_that_toml_readers_give_up_on_are_mistakes(text: str) -> None:
    with pytest.raises(SpecError, match="not TOML"):
        schema.parse(text)


def test_a_file_of_very_many_bytes_is_no_scenario(tmp_path: Path) -> None:
    with open(tmp_path / "s.toml", "wb") as file:
        file.truncate(text.LONGEST + 1)
    with pytest.raises(SpecError, match="expected at most 16,777,216"):
        schema.read(tmp_path / "s.toml")


# HDF5


@pytest.fixture
def made(tmp_path: Path) -> Path:
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["good/numbers"] = np.arange(3)
        file["group/inner"] = 1.0
        file["soft"] = h5py.SoftLink("/good/numbers")
        file["away"] = h5py.ExternalLink("other.h5", "/x")
        file["good/away"] = h5py.ExternalLink("other.h5", "/x")
        file["text"] = np.array([b"one"])
        file["compound"] = np.zeros(2, dtype=[("a", "i4")])
        file["nothing"] = h5py.Empty("f8")
        file.create_dataset("huge", (10**12,), "f8", chunks=(10**4,), compression="gzip")
        file.create_dataset("raw", (4,), "i8", external=[(str(tmp_path / "raw"), 0, 32)])
        layout = h5py.VirtualLayout((3,), "i8")
        layout[:] = h5py.VirtualSource("other.h5", "x", (3,))
        file.create_virtual_dataset("virtual", layout)
        column = file.create_dataset("lists", (3,), h5py.vlen_dtype("f4"))
        column[1] = [1.0, 2.0]
        file.attrs["text"] = "text"
        file.attrs["number"] = 3
    return tmp_path / "x.h5"


REFUSED = {
    "no": "there is no 'no' in it",
    "good/numbers/more": "there is no 'good/numbers/more' in it",
    "group": "'group' is a group, expected an array",
    "soft": "'soft' is a link to another place",
    "away": "'away' is a link to another place",
    "good/away": "'good/away' is a link to another place",
    "text": "'text' has values of type |S3, expected numbers",
    "compound": "'compound' has values of type [('a', '<i4')], expected numbers",
    "nothing": "'nothing' has no values",
    "huge": "'huge' declares 1000000000000 values, for which the file has 0 bytes",
    "raw": "'raw' lies in other files",
    "virtual": "'virtual' lies in other files",
    "lists": "'lists' has values of type object, expected numbers",
}


@pytest.mark.parametrize(("name", "message"), REFUSED.items(), ids=REFUSED)
def test_what_an_hdf5_file_does_not_hold_as_numbers_is_refused(made: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)), hdf5.opened(made.read_bytes()) as file:
        hdf5.numbers(file, name)


def test_numbers_lists_and_text_of_an_hdf5_file(made: Path) -> None:
    with hdf5.opened(made.read_bytes()) as file:
        assert hdf5.numbers(file, "good/numbers").tolist() == [0, 1, 2]
        assert [v.tolist() for v in hdf5.lists(file, "lists")] == [[], [1.0, 2.0], []]
        assert hdf5.text(file, "text") == "text"
        for name in ("number", "no"):
            with pytest.raises(InputError, match=f"it has no text '{name}'"):
                hdf5.text(file, name)


def test_lists_that_are_one_list_many_times_are_refused(tmp_path: Path) -> None:
    """References of 16 bytes each to one list would be read as that many lists."""
    with h5py.File(tmp_path / "x.h5", "w") as file:
        column = file.create_dataset("lists", (1000,), h5py.vlen_dtype("f8"))
        column[0] = np.arange(10_000.0)
        at = column.id.get_offset()
    content = bytearray((tmp_path / "x.h5").read_bytes())
    content[at : at + 16_000] = content[at : at + 16] * 1000
    with (
        pytest.raises(InputError, match=re.escape(f"lists of more than the {len(content):,} bytes of the file")),
        hdf5.opened(bytes(content)) as file,
    ):
        list(hdf5.lists(file, "lists"))


def test_a_heap_through_which_hdf5_would_walk_for_ever_is_refused(made: Path) -> None:
    content = bytearray(made.read_bytes())
    at = content.index(b"GCOL")
    content[at + 16 : at + 4096] = bytes(4080)
    with pytest.raises(InputError, match="a heap in it is damaged"), hdf5.opened(bytes(content)) as file:
        hdf5.text(file, "text")


@pytest.mark.parametrize("content", [b"", b"text", bytes(5000)])
def test_what_is_no_hdf5_file_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="no HDF5 file that can be read"), hdf5.opened(content):
        pass


def test_a_data_set_whose_files_are_pipes_is_not_waited_for(tmp_path: Path) -> None:
    for name in ("shd_train.h5", "shd_test.h5"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(SpecError, match=re.escape("shd_train.h5[.gz], shd_test.h5[.gz] not found")):
        datasets.load("shd", folder=tmp_path)
