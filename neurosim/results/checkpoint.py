"""What a phase of a run leaves behind, so that the run can go on from its end in another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurosim.results.result import Stage


@dataclass(frozen=True)
class Origin:
    """What ran: a backend, one of its modes, its kind, and the versions that the results depend on."""

    backend: str
    mode: str
    kind: str
    versions: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The end of a phase: a task was trained, slept on, or tested.

    Attributes
    ----------
    stage
        What the phase left behind; its learned arrays are those that the next one starts from.
    accuracies
        On each task; of tests only.
    origin
        What the tests ran on; of tests only.
    elapsed
        Seconds of the whole run until here, in whatever processes.
    """

    stage: Stage
    accuracies: tuple[float, ...] = ()
    origin: Origin | None = None
    elapsed: float = 0.0

    @property
    def is_stage_of_result(self) -> bool:
        """Tests are, where they recorded spikes."""
        return self.stage.kind != "tested" or bool(self.stage.spikes)
