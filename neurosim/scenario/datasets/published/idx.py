"""Images in IDX files, as MNIST has them: 2 zero bytes, type, number of dimensions, sizes (big-endian), values."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import SpecError
from neurosim.program.trial.stimuli import Rows
from neurosim.scenario.datasets.files import content, find
from neurosim.scenario.datasets.samples import Samples

UBYTE = 8  # the type of the values
PARTS = ("train", "t10k")
FILES = [f"{part}-{what}-ubyte" for part in PARTS for what in ("images-idx3", "labels-idx1")]


def read(name: str, folder: Path | None = None) -> Samples:
    """The images of a data set, bytes of which each stands for itself divided by 255, and its published test part.

    Raises
    ------
    SpecError
        For a file that is missing, damaged or no IDX file, and for files that do not fit together.
    """
    train_images, train_labels, test_images, test_labels = find(name, FILES, folder)
    train, test = _part(train_images, train_labels), _part(test_images, test_labels)
    (a, _), (b, _) = train, test
    if a.shape[1] != b.shape[1]:
        raise SpecError(f"{test_images}: {b.shape[1]} pixels an image, expected {a.shape[1]} as in {train_images.name}")
    inputs, labels = (np.concatenate(both) for both in zip(train, test, strict=True))
    return Samples(Rows(inputs, table=np.arange(256) / 255.0), labels.astype(np.int64), training=len(a))


def _part(images: Path, labels: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    pixels, classes = read_array(images, 3), read_array(labels, 1)
    if len(pixels) != len(classes):
        raise SpecError(f"{labels}: {len(classes)} labels, expected {len(pixels)} as there are images in {images.name}")
    return pixels.reshape(len(pixels), math.prod(pixels.shape[1:])), classes


def read_array(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The bytes of an IDX file, in the shape that it says, gzip or not.

    Raises
    ------
    SpecError
        If it is no IDX file of bytes with so many dimensions, or too short or too long.
    """
    data = content(path)
    magic, header = bytes([0, 0, UBYTE, dimensions]), 4 + 4 * dimensions
    if data[:4] != magic:
        raise SpecError(
            f"{path}: begins with {data[:4]!r}, expected {magic!r}: bytes in {dimensions} dimensions, in IDX"
        )
    shape = [int.from_bytes(data[k : k + 4], "big") for k in range(4, header, 4)]
    expected = header + math.prod(shape)
    if len(data) != expected:
        raise SpecError(f"{path}: {len(data)} bytes, expected {expected} for {' x '.join(map(str, shape))} values")
    return np.frombuffer(data, dtype=np.uint8, offset=header).reshape(shape)
