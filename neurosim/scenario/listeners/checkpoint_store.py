"""What the engine asks of a store: the phases of a run that it has already, and to keep each phase that ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from neurosim.program.schedule import Array
from neurosim.results.checkpoint import Checkpoint, Unfinished


class UnfinishedStore(Protocol):
    """Keeps the first steps of the one sleep that is under way."""

    def unfinished(self) -> Unfinished | None:
        """What an earlier process kept of the sleep that comes next."""
        ...

    def keep_unfinished(self, sleep: Unfinished) -> None:
        """Keep the steps of a sleep so far, in place of fewer."""
        ...


class CheckpointStore(UnfinishedStore, Protocol):
    """Keeps the phases of one run, in their order; `neurosim.results.store.RunDirectory` does."""

    def restored(self) -> tuple[Sequence[Checkpoint], Mapping[str, Array]]:
        """The phases that are done, and the method's state after the last of them: arrays of any shape, by name."""
        ...

    def keep(self, checkpoint: Checkpoint, state: Mapping[str, Array]) -> None:
        """Keep a phase that has ended, and the method's state after it: arrays of any shape, by name."""
        ...
