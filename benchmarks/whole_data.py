"""A whole data set: how much of a run's time is outside of simulation, and what memory the data take.

The images have the shape and the type of Fashion-MNIST, and are drawn from a named stream, so nothing is downloaded:
a pattern for each class, noise on it, many pixels black. The files are compressed, as they are published. A process of
its own opens the sessions of the scenario. What it, and the processes that it starts, hold above that at the most while
the scenario is read and run is the memory that a row tells.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from engine_share import WAYS, split
from growth import Watched, resident
from speed import Row, row

from neurosim.backend import registry
from neurosim.model.randomness import stream
from neurosim.scenario import schema
from neurosim.scenario.preparation.plan import plan

SCENARIO = Path(__file__).with_name("whole_data.toml")
CLASSES, SIDE = 10, 28
PARTS = {"train": 60_000, "t10k": 10_000}


def measure(backend_name: str) -> list[Row]:
    """A row for each way to run the scenario, after one that fills the cache of programs."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        return [_row(way, backend_name, _apart(Path(folder), backend_name, way)) for way in WAYS]


def _row(way: str, backend_name: str, found: dict[str, float]) -> Row:
    backend, mode = registry.load(backend_name)
    line = row(f"{SCENARIO.stem}{way}", f"{backend.name}:{mode}", found["wall_s"], 1)
    return line | found | {"outside_share": 1 - found["simulate_s"] / found["wall_s"]}


def write(folder: Path) -> None:
    """Write the files of the data set."""
    patterns = stream(0, "benchmark", "patterns of classes").integers(0, 256, (CLASSES, SIDE * SIDE))
    for part, count in PARTS.items():
        random = stream(0, "benchmark", "images", part)
        labels = random.integers(0, CLASSES, count, dtype=np.uint8)
        noise = random.integers(-128, 128, (count, SIDE * SIDE), dtype=np.int16)
        images = np.clip(patterns[labels] - 128 + noise, 0, 255).astype(np.uint8)
        _write_idx(folder / f"{part}-images-idx3-ubyte.gz", images.reshape(count, SIDE, SIDE))
        _write_idx(folder / f"{part}-labels-idx1-ubyte.gz", labels)


def _write_idx(path: Path, values: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    header = bytes([0, 0, 8, values.ndim]) + b"".join(n.to_bytes(4, "big") for n in values.shape)
    path.write_bytes(gzip.compress(header + values.tobytes(), compresslevel=1))


def _apart(folder: Path, backend_name: str, way: str) -> dict[str, float]:
    """Seconds of one run by where they went, and ``over_mib``, in a process of its own."""
    command = [sys.executable, __file__, backend_name, way]
    environment = {**os.environ, "NEUROSIM_DATA": str(folder)}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent, env=environment
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _here(backend_name: str, way: str) -> dict[str, float]:
    backend, mode = registry.load(backend_name)
    with ExitStack() as stack:
        for program in plan(schema.read(SCENARIO)).programs.values():
            stack.enter_context(backend.compile(program, mode=mode))
        without_data = resident(psutil.Process())
        with Watched() as watched:
            seconds = split(SCENARIO, backend_name, WAYS[way])
    return seconds | {"over_mib": (watched.peak - without_data) / 2**20}


if __name__ == "__main__":
    print(json.dumps(_here(sys.argv[1], sys.argv[2])))
