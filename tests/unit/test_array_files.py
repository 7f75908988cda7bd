"""Arrays in files of others: read as they were written, and refused where they are something else."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from neurosim.edges import array_files
from neurosim.errors import InputError

ARRAYS = {
    "float64": np.array([[1.5, -2.0, 1e-300], [0.0, np.pi, 3.0]]),
    "int32": np.arange(6, dtype=np.int32),
    "big-endian": np.array([1.0, 2.0], ">f8"),
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "one": np.float64(3.5),
    "none": np.zeros((0, 3)),
}


def npy(array: np.ndarray, **options: bool) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_of_numpy_are_read(tmp_path: Path, name: str) -> None:
    np.save(tmp_path / "a.npy", ARRAYS[name])
    np.savez_compressed(tmp_path / "a.npz", first=ARRAYS[name], second=np.ones(2))
    for found in (array_files.read(tmp_path / "a.npy"), array_files.read(tmp_path / "a.npz", "first")):
        np.testing.assert_array_equal(found, ARRAYS[name])
        assert found.dtype.isnative
        assert found.shape == ARRAYS[name].shape


def test_an_array_that_is_alone_needs_no_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", only=np.arange(3))
    assert array_files.read(tmp_path / "a.npz").tolist() == [0, 1, 2]


def test_text_with_commas_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("# of an experiment\n1, 2.5,3\n-4,5e-3,6\n")
    assert array_files.read(tmp_path / "a.csv").tolist() == [[1, 2.5, 3], [-4, 0.005, 6]]


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return file.getvalue()


def header(shape: str, kind: str = "'<f8'") -> bytes:
    text = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


HOSTILE = {
    "objects": ("a.npy", npy(np.array([{}], object), allow_pickle=True), "an array of type object; expected numbers"),
    "texts": ("a.npy", npy(np.array(["a"])), "an array of type <U1; expected numbers"),
    "complex": ("a.npy", npy(np.array([1j])), "an array of type complex128; expected numbers"),
    "much of nothing": ("a.npy", header("(2**60,)") + b"x" * 8, "no array of NumPy"),
    "too many": ("a.npy", header("(1152921504606846976,)") + b"x" * 8, "in 8 bytes"),
    "below nothing": ("a.npy", header("(-1, -1)") + b"x" * 8, "of shape (-1, -1)"),
    "a program": ("a.npy", header("__import__('os')"), "no array of NumPy"),
    "cut": ("a.npy", npy(np.arange(9))[:-1], "in 71 bytes"),
    "empty": ("a.npy", b"", "no array of NumPy"),
    "no zip": ("a.npz", b"PK", "no .npz that can be read"),
    "another name": ("a.npz", packed(one=npy(np.ones(1)), two=b""), "no array 'tow'; did you mean 'two'"),
    "objects in a zip": ("a.npz", packed(tow=npy(np.array([{}], object), allow_pickle=True)), "expected numbers"),
    "a bomb": ("a.npz", packed(tow=bytes(2**26 + 2)), "unpacks to more than 67,108,864 bytes"),
    "words": ("a.csv", b"a,b\n1,2\n", "no numbers with commas between"),
    "nothing": ("a.csv", b"", "it is empty; expected numbers with commas between"),
    "comments alone": ("a.csv", b"# x\n\n", "it is empty; expected numbers with commas between"),
    "ragged": ("a.csv", b"1,2\n3\n", "no numbers with commas between"),
    "no text": ("a.csv", b"\xff\xfe1,2", "no numbers with commas between"),
    "a pickle": ("a.pkl", b"", "expected a file that ends in .npy, .npz, .csv"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_array_of_numbers_is_refused(tmp_path: Path, case: str) -> None:
    name, content, told = HOSTILE[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as refused:
        array_files.read(tmp_path / name, "tow" if name.endswith("npz") else None)
    assert told in str(refused.value)
    assert str(refused.value).startswith(f"{tmp_path / name}: ")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        array_files.read(tmp_path / "a.npy")
    with pytest.raises(InputError, match="this one has no names"):
        array_files.read(tmp_path / "a.npy", "b")


@pytest.mark.parametrize("shape", ["(99999999999999999999, 0)", "(True, 1)"])
def test_a_shape_that_no_array_has_is_refused(tmp_path: Path, shape: str) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}\n".encode()
    count = 0 if shape.endswith("0)") else 8
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + bytes(count))
    with pytest.raises(InputError, match="no array of NumPy"):
        array_files.read(tmp_path / "a.npy")
