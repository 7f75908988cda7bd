"""Images in IDX files."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import numpy as np

from neurosim.scenario import datasets

from . import damage
from .kind import Kind

CLASSES, PIXELS = 10, 28


def packed(array: np.ndarray, type_: int = 8) -> bytes:
    """An array of bytes as an IDX file."""
    return bytes([0, 0, type_, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for part, each in (("train", 3), ("t10k", 2)):
        labels = np.repeat(np.arange(CLASSES, dtype=np.uint8), each)
        images = random.integers(0, 256, (len(labels), PIXELS, PIXELS), dtype=np.uint8)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(packed(images))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(packed(labels))


def make(random: random.Random, folder: Path, prepared: Path) -> None:
    for path in prepared.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    for _ in range(random.choice([1, 1, 2])):
        _alter(random, folder, random.choice(sorted(folder.iterdir())))


def _alter(random: random.Random, folder: Path, path: Path) -> None:
    if not path.is_file() or random.random() < 0.4:
        damage.of_file(random, path)
        return
    data = path.read_bytes()
    header = bytearray(data)
    at = random.randrange(min(len(data), 16)) if data else 0
    random.choice(
        [
            lambda: path.write_bytes(bytes(header[:at] + random.randbytes(4) + header[at + 4 :])),
            lambda: path.write_bytes(header[:4] + (2 ** random.randrange(32)).to_bytes(4, "big") + header[8:]),
            lambda: path.write_bytes(_labels(random)),
            lambda: path.write_bytes(packed(np.zeros((random.randrange(4),), np.uint8))),
            lambda: path.write_bytes(packed(np.zeros((random.randrange(4), 0, 3), np.uint8))),
            lambda: path.write_bytes(gzip.compress(data)),
            lambda: path.write_bytes(damage.of_bytes(random, gzip.compress(data))),
            lambda: path.write_bytes(gzip.compress(data) + gzip.compress(data)),
            lambda: path.write_bytes(_bomb(random, data)),
            lambda: path.write_bytes(data + random.randbytes(random.randrange(1, 9))),
            lambda: path.write_bytes(random.choice(sorted(p for p in folder.iterdir() if p.is_file())).read_bytes()),
        ]
    )()


def _labels(random: random.Random) -> bytes:
    """Labels with gaps, from another number on, or of one class."""
    low, high = sorted(random.sample(range(256), 2))
    number = random.choice([20, 30, 30])
    return packed(np.array([random.randint(low, high) for _ in range(number)], np.uint8))


def _bomb(random: random.Random, data: bytes) -> bytes:
    """Much of nothing, in few bytes."""
    return gzip.compress(data[:8] + bytes(random.choice([10**6, 10**8])), 1)


def run(folder: Path) -> None:
    from .scenarios import check_data

    data = datasets.load("mnist", folder=folder)
    check_data(data)


KIND = Kind("idx", 7, make, run, prepare)
