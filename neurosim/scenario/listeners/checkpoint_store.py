"""What the engine asks of whoever keeps a run: what there is of it already, and to keep each phase that ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from neurosim.program.schedule import Array
from neurosim.results.checkpoint import Checkpoint


class CheckpointStore(Protocol):
    """Keeps the phases of one run, in their order; `neurosim.results.store.RunDirectory` does."""

    def restored(self) -> tuple[Sequence[Checkpoint], Mapping[str, Array]]:
        """The phases that are done, and the method's state after the last of them."""
        ...

    def keep(self, checkpoint: Checkpoint, state: Mapping[str, Array]) -> None:
        """A phase has ended, and left this state of the method."""
        ...


class NoCheckpoints:
    """Of a run that lives in memory only."""

    def restored(self) -> tuple[Sequence[Checkpoint], Mapping[str, Array]]:
        return (), {}

    def keep(self, checkpoint: Checkpoint, state: Mapping[str, Array]) -> None:
        """Nothing is kept."""
