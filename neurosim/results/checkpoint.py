"""What a phase of a run leaves behind, from which another process can go on with the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurosim.program.precision import LedgerEntry
from neurosim.program.schedule import Array, Events
from neurosim.results.result import Stage, StageKind


@dataclass(frozen=True)
class Origin:
    """What ran: a backend, one of its modes, its kind, and the versions that the results depend on.

    Attributes
    ----------
    kind
        ``reference``, ``simulated``, ``mock`` or ``hardware``.
    versions
        By the name of the package.
    """

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
        On each task, fractions from 0 to 1; empty where nothing was tested.
    origin
        What the tests ran on; None where nothing was tested.
    elapsed
        Seconds of the whole run until here, in all its processes together.
    """

    stage: Stage
    accuracies: tuple[float, ...] = ()
    origin: Origin | None = None
    elapsed: float = 0.0

    @property
    def is_stage_of_result(self) -> bool:
        """Whether the result has the stage: it leaves out tests that recorded no spikes."""
        return self.stage.kind != StageKind.TESTED or bool(self.stage.spikes)


@dataclass(frozen=True, eq=False)
class Unfinished:
    """What the first steps of a sleep have left, from which another process can go on with the sleep.

    Attributes
    ----------
    steps
        How many have run.
    learned
        Every learned array of the network by name.
    state
        What the trial goes on from, as `start_state` has it.
    spikes
        Spikes recorded so far, by probe name.
    ledger
        Arrays that had to be rounded before the sleep.
    counts
        As in `Records`, of these steps.
    seconds
        What the steps took, without compiling.
    elapsed
        Seconds of the whole run until here, in all its processes together.
    """

    steps: int
    learned: Mapping[str, Array]
    state: Mapping[str, Array]
    spikes: Mapping[str, Events]
    ledger: tuple[LedgerEntry, ...]
    counts: Mapping[str, int]
    seconds: float
    elapsed: float = 0.0
