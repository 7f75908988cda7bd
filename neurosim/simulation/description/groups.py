"""What a builder gives back: names for the parts of a network, to connect them and to say what is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from neurosim.errors import ModelError, nearest
from neurosim.model.units import Dimension
from neurosim.simulation.description.recordable import SPIKES, Recordable


@dataclass(frozen=True)
class NeuronGroup:
    """A population or a source of a network that is being built.

    ``group.spikes`` and ``group.v`` are what can be recorded of it.

    Parameters
    ----------
    variables
        Names of what can be recorded.
    dimensions
        What variables are measured in, where that is known.
    """

    name: str
    size: int
    variables: Sequence[str]
    dimensions: Mapping[str, Dimension] = field(default_factory=dict, repr=False, compare=False)

    @property
    def spikes(self) -> Recordable:
        """Its spikes."""
        return self.recordable(SPIKES)

    def __getattr__(self, variable: str) -> Recordable:
        if variable.startswith("__"):
            raise AttributeError(variable)
        return self.recordable(variable)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.variables]

    def __len__(self) -> int:
        return self.size

    def recordable(self, variable: str) -> Recordable:
        """Return what has a name that Python may not write behind a point.

        Raises
        ------
        ModelError
            For a name that is no variable of it.
        """
        if variable not in self.variables:
            raise _Unknown(f"population {self.name} has no variable '{variable}'; {nearest(variable, self.variables)}")
        return Recordable(self.name, variable, self.size, dimension=self.dimensions.get(variable))


@dataclass(frozen=True)
class SynapseGroup:
    """A projection of a network that is being built; ``connection.w`` can be recorded.

    Parameters
    ----------
    synapses
        How many it has.
    variables
        Names of what can be recorded.
    dimensions
        What variables are measured in, where that is known.
    """

    name: str
    synapses: int
    variables: Sequence[str]
    dimensions: Mapping[str, Dimension] = field(default_factory=dict, repr=False, compare=False)

    def __getattr__(self, variable: str) -> Recordable:
        if variable.startswith("__"):
            raise AttributeError(variable)
        return self.recordable(variable)

    def recordable(self, variable: str) -> Recordable:
        """Return what has a name that Python may not write behind a point.

        Raises
        ------
        ModelError
            For a name that is no variable of it.
        """
        if variable not in self.variables:
            raise _Unknown(f"projection {self.name} has no variable '{variable}'; {nearest(variable, self.variables)}")
        return Recordable(self.name, variable, self.synapses, dimension=self.dimensions.get(variable))

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.variables]

    def __len__(self) -> int:
        return self.synapses


class _Unknown(ModelError, AttributeError):
    """For `hasattr`, and for those who read the message."""
