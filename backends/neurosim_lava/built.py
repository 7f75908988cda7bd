"""What makes a network of Lava: processes with their models, and what Lava's own ones do at the ends of a trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from neurosim_lava.block import AnyArray


class OwnProcess(Protocol):
    """A process of Lava's own, which knows nothing of trials, nor of a state that is kept."""

    def start(self, state: Mapping[str, AnyArray] | None) -> None:
        """Set its variables to those of a trial's start, or to a state that a trial goes on from."""
        ...

    def look(self) -> None:
        """Note, before the last step of a trial, what its state cannot be told without."""
        ...

    def leave(self, state: Mapping[str, AnyArray]) -> None:
        """Write its state, after the last step of a trial, into the arrays."""
        ...


@dataclass(frozen=True)
class Built:
    """Lava processes, connected.

    Attributes
    ----------
    models
        The model of each process. Given by process, so that Lava does not search folders for models.
    own
        Lava's own processes that keep something over the end of a trial.
    """

    models: Mapping[Any, type]
    own: list[OwnProcess] = field(default_factory=list)
