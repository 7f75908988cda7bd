"""What groups put out in their last steps, for synapses with delays: what the cursor keeps, in C++, and its files.

Events read spikes, other edges read values; where both do, both are kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.program.program import Group, Program
from neurosim.program.schedule import Array
from neurosim.program.trial.state import PAST
from neurosim_brian2 import layout
from neurosim_brian2.layout import NameOfArray


@dataclass(frozen=True)
class OutputsBefore(ABC):
    """The last outputs of a group.

    Attributes
    ----------
    index
        Of the group in its program.
    steps
        How many are kept.
    """

    group: Group
    index: int
    steps: int
    kind: ClassVar[str]

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called in C++."""

    @abstractmethod
    def opened(self) -> str:
        """The line that makes room for it."""

    @abstractmethod
    def kept(self, array: NameOfArray) -> str:
        """The line that keeps what the group puts out in a step."""

    @abstractmethod
    def initial(self, array: NameOfArray) -> str:
        """What stands for all outputs before a trial's first step; empty where there was none."""

    def started(self, array: NameOfArray) -> str:
        """The line that at a trial's start has what was before it."""
        given = f'{self.name}.go_on("past_{self.kind}.{self.group.name}")'
        return f"if (control->goes_on) {given}; else {self.name}.restart({self.initial(array)});"

    def left(self) -> str:
        """The line that leaves it behind."""
        return f'if (control->trials == 1) {self.name}.leave("left_{self.kind}.{self.group.name}");'

    @property
    def state(self) -> str:
        """Its name in a state."""
        return f"{self.group.name}.{PAST}"

    def write(self, folder: Path, past: Array) -> None:
        """Write it, of shape (steps, units), to where the cursor reads it."""
        self._filed(past.ravel()).tofile(folder / f"past_{self.kind}.{self.group.name}")

    def read(self, folder: Path) -> Array:
        """Return what the cursor left, of shape (steps, units)."""
        return self._of_file(folder / f"left_{self.kind}.{self.group.name}").reshape(self.steps, self.group.size)

    @abstractmethod
    def _filed(self, past: Array) -> NDArray[np.generic]: ...

    @abstractmethod
    def _of_file(self, path: Path) -> Array: ...


class SpikesBefore(OutputsBefore):
    """Past spikes, as places."""

    kind = "spikes"

    @property
    def name(self) -> str:
        """By the index of the group, for the code of a projection finds it."""
        return f"cursor::spikes_before<{self.index}>()"

    def opened(self) -> str:
        """It is there anyway."""
        return f"{self.name} = {{{self.steps}, {self.group.size}}};"

    def kept(self, array: NameOfArray) -> str:
        """Brian2 has them as a list with its length behind it."""
        spikes = array(self.group.name, layout.SPIKE_SPACE)
        return f"{self.name}.push({spikes}, {spikes}[{self.group.size}]);"

    def initial(self, array: NameOfArray) -> str:
        """No spikes."""
        return ""

    def _filed(self, past: Array) -> NDArray[np.int64]:
        return np.flatnonzero(past)

    def _of_file(self, path: Path) -> Array:
        past = np.zeros(self.steps * self.group.size)
        past[np.fromfile(path, np.int64)] = 1.0
        return past


class ValuesBefore(OutputsBefore):
    """Past outputs, as numbers."""

    kind = "values"

    @property
    def name(self) -> str:
        """A local variable."""
        return f"{self.group.name}__before"

    def opened(self) -> str:
        """All zero."""
        return f"cursor::PastValues {self.name}{{{self.steps}, {self.group.size}}};"

    def kept(self, array: NameOfArray) -> str:
        """What the group delivers."""
        return f"{self.name}.push({array(self.group.name, layout.delivered(self.group.output))});"

    def initial(self, array: NameOfArray) -> str:
        """The initial output; inputs have none."""
        return "" if self.group.is_input else array(self.group.name, layout.delivered(self.group.output))

    def _filed(self, past: Array) -> Array:
        return past

    def _of_file(self, path: Path) -> Array:
        return np.fromfile(path)


def pasts(program: Program) -> list[OutputsBefore]:
    """Return all that the cursor of a program keeps, group by group."""
    steps, late = program.pasts(), [e for _, e in layout.late_edges(program)]
    kinds: dict[bool, type[OutputsBefore]] = {True: SpikesBefore, False: ValuesBefore}
    return [
        kept(g, i, steps[g.name])
        for i, g in enumerate(program.groups)
        for events, kept in kinds.items()
        if any(e.source == g.name and e.events == events for e in late)
    ]
