"""What a builder gives back: names for the parts of a network, to connect them and to say what is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neurosim.errors import ModelError, nearest
from neurosim.simulation.recordable import SPIKES, Recordable


@dataclass(frozen=True)
class NeuronGroup:
    """A population or a source of a network that is being built.

    ``group.spikes`` and ``group.v`` are what can be recorded of it.

    Parameters
    ----------
    variables
        Names of what can be recorded.
    """

    name: str
    size: int
    variables: Sequence[str]

    @property
    def spikes(self) -> Recordable:
        """Its spikes."""
        return self._recordable(SPIKES)

    def __getattr__(self, variable: str) -> Recordable:
        if variable.startswith("__"):
            raise AttributeError(variable)
        return self._recordable(variable)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.variables]

    def __len__(self) -> int:
        return self.size

    def _recordable(self, variable: str) -> Recordable:
        if variable not in self.variables:
            raise _Unknown(f"population {self.name} has no variable '{variable}'; {nearest(variable, self.variables)}")
        return Recordable(self.name, variable, self.size)


@dataclass(frozen=True)
class SynapseGroup:
    """A projection of a network that is being built; ``connection.w`` can be recorded.

    Parameters
    ----------
    synapses
        How many it has.
    variables
        Names of what can be recorded.
    """

    name: str
    synapses: int
    variables: Sequence[str]

    def __getattr__(self, variable: str) -> Recordable:
        if variable.startswith("__"):
            raise AttributeError(variable)
        if variable not in self.variables:
            raise _Unknown(f"projection {self.name} has no variable '{variable}'; {nearest(variable, self.variables)}")
        return Recordable(self.name, variable, self.synapses)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.variables]

    def __len__(self) -> int:
        return self.synapses


class _Unknown(ModelError, AttributeError):
    """For `hasattr`, and for those who read the message."""
