"""Run directories and study folders with accuracies of the test's own choice, made without running anything."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from neurosim.program.schedule import Events
from neurosim.results.checkpoint import Checkpoint, Origin
from neurosim.results.result import Result, Stage, StageKind
from neurosim.results.store import Identity, RunDirectory
from neurosim.results.studies import AboutStudy, Cell, StudyDirectory, place_of

VERSIONS = {"neurosim": "0", "numpy": "0"}
MODES = {"reference": "numpy", "brian2": "standalone", "nengo": "native"}
SAMPLES = (20, 20)


def result(accuracy: float, seed: int, backend: str = "reference", scenario: str = "s") -> Result:
    """Two tasks, trained and slept on; after the last the accuracy is the one asked for, on each of both."""
    stages = tuple(_stages(seed))
    counts = {"trained": {"synaptic_operations": 1000 + seed, "spikes": 0}}
    matrix = np.array([[0.9, 0.0], [accuracy, accuracy]])
    ran = scenario, seed, backend, MODES[backend], "simulated", VERSIONS
    return Result(*ran, "test", ((0, 1), (2, 3)), matrix, SAMPLES, stages, 2.0, counts)


def _stages(seed: int) -> list[Stage]:
    fired = np.zeros((1, 4, 3))
    fired[0, 2, : 1 + seed % 3] = 1
    spikes = {"hidden.spike@step": Events.from_dense(fired), "output.spike@step": Events.from_dense(0 * fired[..., :2])}
    return [
        Stage(task, kind, {"p.w": np.full((2, 3), task + at)}, spikes if at else {}, (), 10, 40, 0.5)
        for task in range(2)
        for kind, at in ((StageKind.TRAINED, 0.0), (StageKind.SLEPT, 0.5))
    ]


def keep(found: Result, path: Path, ended: bool = True) -> None:
    """A run directory of that result, at this path."""
    r = found
    identity = Identity(r.scenario, r.seed, r.backend, r.mode, r.part, r.samples, VERSIONS, "digest")
    origin = Origin(r.backend, r.mode, r.kind, VERSIONS)
    with RunDirectory.create(path.parent, identity, {"scenario.toml": "# none\n"}) as directory:
        for stage in r.stages:
            directory.keep(Checkpoint(stage), {})
        for row in r.accuracy_matrix.tolist():
            tests = Stage(0, StageKind.TESTED, {}, {}, (), 4, 8, 0.1)
            directory.keep(Checkpoint(tests, tuple(row), origin), {})
        if ended:
            directory.finish(r)
    shutil.move(directory.path, path)


Accuracies = Mapping[tuple[str, str, int], float | None]
"""Of a variant, a backend and a seed; None of a run that has not ended."""


def study(path: Path, accuracies: Accuracies, settings: Sequence[Mapping[str, object]] = ({},)) -> Path:
    """A study folder with a cell for each variant and settings, in the order in which they are first named."""
    variants = list(dict.fromkeys(variant for variant, _, _ in accuracies))
    cells = [Cell(place_of(v, s), v, dict(s), "0" * 64) for v in variants for s in settings]
    about = AboutStudy("plan", "what sleep is worth", "T0", tuple(cells))
    with StudyDirectory.open(path, about, {}) as directory:
        for cell in cells:
            for (variant, backend, seed), accuracy in accuracies.items():
                if variant == cell.variant:
                    to = directory.run_path(cell, backend, MODES[backend], seed)
                    to.parent.mkdir(parents=True, exist_ok=True)
                    keep(result(accuracy or 0.0, seed, backend), to, ended=accuracy is not None)
    return path
