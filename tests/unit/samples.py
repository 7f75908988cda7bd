"""A finished run, made by hand."""

import numpy as np

from neurosim.program.precision import LedgerEntry
from neurosim.program.schedule import Events
from neurosim.results.result import Result, Stage, StageKind

MATRIX = np.array([[0.9, 0.0, 0.0], [0.5, 0.8, 0.0], [0.6, 0.4, 0.7]])


def a_result(weight: float = 0.5, spikes: int = 1, matrix: np.ndarray = MATRIX) -> Result:
    fired = np.zeros((1, 4, 3))
    fired[0, 2, :spikes] = 1
    stages = (
        Stage(0, StageKind.TRAINED, {"p.w": np.full((2, 2), 0.5)}, {}, (), 10, 100, 0.5),
        Stage(
            0, StageKind.SLEPT, {"p.w": np.array([[weight, 0.5], [0.5, 0.5]])},
            {"hidden.spike@step": Events.from_dense(fired)}, (LedgerEntry("p.w", 1, 4, 0.1),), 1, 4, 0.1,
        ),
    )  # fmt: skip
    versions = {"neurosim": "0", "numpy": "0"}
    classes = ((0, 1), (2,), (3,))
    return Result("s", 3, "reference", "numpy", "reference", versions, "test", classes, matrix, (2, 1, 1), stages, 2.0)
