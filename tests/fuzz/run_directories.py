"""Run directories of interrupted and finished runs, in which something was altered: what goes on from one."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neurosim.backend.reference import ReferenceBackend
from neurosim.results import store
from neurosim.results.store import RunDirectory, checksummed
from neurosim.scenario import preparation, schema
from neurosim.scenario.runs import saved_run

from . import damage, documents
from .kind import Kind, accepted_only_if

SCENARIO = Path(__file__).parents[1] / "digits_sleep.toml"
SMALLER = {
    "size = 256": "size = 4", "increment = 2": "increment = 5", "test = 360": "test = 20",
    "validation = 287": "train = 20",
    "free_steps = 20": "free_steps = 2", "nudged_steps = 8": "nudged_steps = 1", "steps = 747": "steps = 9",
}  # fmt: skip
RUN, FORGED, EXPECTED = "run", "forged", "expected.json"


def prepare(folder: Path) -> None:
    text = SCENARIO.read_text()
    for old, new in SMALLER.items():
        assert old in text, old
        text = text.replace(old, new)
    described = schema.parse(text)
    prepared, backend = preparation.prepare(described, described.data.build()), ReferenceBackend()
    with saved_run.begin(prepared, text, backend, "numpy", 3, folder) as directory:
        result = saved_run.go_on(directory, prepared, backend)
    directory.path.rename(folder / RUN)
    (folder / EXPECTED).write_text(json.dumps(_told(result)))


def _told(result: Any) -> Any:
    """What a run must come to, whatever happened to it in between."""
    weights = {n: a.tolist() for n, a in result.stages[-1].learned.items()}
    return [result.accuracy_matrix.tolist(), weights]


def make(random: random.Random, folder: Path, prepared: Path) -> None:
    shutil.copytree(prepared / RUN, folder / RUN)
    (folder / EXPECTED).write_bytes((prepared / EXPECTED).read_bytes())
    run = folder / RUN
    if random.random() < 0.6:
        _interrupt(random, run)
    for _ in range(random.choice([1, 1, 2])):
        _alter(random, run)


def _interrupt(random: random.Random, run: Path) -> None:
    for name in ("result.json", "arrays.h5"):
        (run / name).unlink()
    phases = sorted((run / "phases").iterdir())
    for path in phases[random.randrange(len(phases)) :]:
        path.unlink()


def _alter(random: random.Random, run: Path) -> None:
    there = sorted(p for p in run.rglob("*") if not p.is_symlink())
    path = random.choice(there)
    other = random.choice(there)
    chosen = random.random()
    if chosen < 0.55:
        damage.of_file(random, path)
    elif chosen < 0.65 and path.is_file() and other.is_file():
        path.write_bytes(other.read_bytes())
    elif chosen < 0.7:
        left = run / random.choice(["run.json.part", "phases/x.h5.part", "events.jsonl.part", "result.json.part"])
        if left.parent.is_dir():
            left.mkdir(exist_ok=True)
    elif chosen < 0.75 and path.is_file() and path != run / "run.json":
        moved = run.parent / "elsewhere"
        path.rename(moved)
        path.symlink_to(moved)
    elif path.suffix == ".json" and path.is_file():
        _forge_json(random, path)
        (run / FORGED).touch()
    elif path.suffix == ".h5" and path.is_file():
        _forge_hdf5(random, path)
        (run / FORGED).touch()
    else:
        damage.of_file(random, path)


def _forge_json(random: random.Random, path: Path) -> None:
    try:
        document = json.loads(path.read_text())
    except ValueError:
        return
    if not isinstance(document, dict):
        return
    document.pop("sha256", None)
    documents.altered(random, document)
    path.write_text(json.dumps({**document, "sha256": checksummed.seal_of(document)}))


def _forge_hdf5(random: random.Random, path: Path) -> None:
    """Another phase with a seal of its own, and the chain from it on broken: it is refused or left out."""
    try:
        with h5py.File(path, "r+") as file:
            _alter_hdf5(random, file)
    except OSError:
        return
    content = path.read_bytes()
    if content.startswith(b"neurosim sha256 "):
        image = content[checksummed.BLOCK :]
        path.write_bytes(
            f"neurosim sha256 {checksummed.digest(image)}\n".encode().ljust(checksummed.BLOCK, b"\0") + image
        )


def _alter_hdf5(random: random.Random, file: Any) -> None:
    names: list[str] = []
    file.visit(names.append)
    if "about" in file.attrs and random.random() < 0.5:
        document = json.loads(file.attrs["about"])
        documents.altered(random, document)
        file.attrs["about"] = json.dumps(document)
        return
    if not names:
        return
    name = random.choice(sorted(names))
    was = file[name][()] if isinstance(file[name], h5py.Dataset) else None
    del file[name]
    if was is not None and random.random() < 0.7:
        file[name] = random.choice(
            [was[:1], np.zeros(0), was.astype(str).astype("S"), was * np.nan, was[None], -was.astype(float), 3]
        )


def run(folder: Path) -> None:
    path = folder / RUN
    forged = (path / FORGED).exists()
    backend = ReferenceBackend()
    with RunDirectory.open(path) as directory:
        described = saved_run.scenario_of(directory)
        prepared = preparation.prepare(described, described.data.build(), directory.identity.part)
        saved_run.check_same(directory, prepared, backend)
        result = saved_run.go_on(directory, prepared, backend)
    if not forged:
        accepted_only_if(_told(result) == json.loads((folder / EXPECTED).read_text()), "it came to something else")
    store.read(path)


KIND = Kind("run-directory", 4, make, run, prepare)
