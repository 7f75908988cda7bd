"""What a backend makes of a program, as a graph: its processes, why each is what it is, and what they send each other.

A backend whose modes are made of parts may have a method `graph`; `neurosim map` prints and draws what it gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from neurosim.program.program import Program
from neurosim.program.run import Run, bind
from neurosim.program.schedule import Array, Events, Trials
from neurosim.program.variables import VariableKey

KINDS = ("input", "population", "projection", "recorder")
CARRIED = ("output", "sums", "rules")


@dataclass(frozen=True)
class Process:
    """One process.

    Attributes
    ----------
    kind
        One of `KINDS`.
    process
        What the simulator calls it.
    stock
        It is the simulator's own, not one that executes our equations.
    why
        Why it is that one.
    shape
        Units, or (units of the source, units of the target).
    on_chip, chip
        Whether a chip could have it as it is, and what that needs or why not.
    """

    name: str
    kind: str
    process: str
    stock: bool
    why: str
    shape: tuple[int, ...]
    on_chip: bool
    chip: str


@dataclass(frozen=True)
class Connection:
    """What one process sends to another.

    Attributes
    ----------
    carries
        One of `CARRIED`: what a population puts out, weighted sums, or variables for rules.
    what
        The variables, or the port where they arrive.
    when
        In words.
    """

    source: str
    target: str
    carries: str
    what: tuple[str, ...]
    shape: tuple[int, ...]
    when: str


@dataclass(frozen=True)
class ProcessGraph:
    """All processes and connections of a program on one mode of a backend."""

    processes: tuple[Process, ...]
    connections: tuple[Connection, ...]

    def process(self, name: str) -> Process:
        """The process of that name."""
        return next(p for p in self.processes if p.name == name)

    def as_data(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


@runtime_checkable
class HasGraph(Protocol):
    """A backend that can say what it makes of a program."""

    def graph(self, program: Program, *, mode: str, learn: bool = True) -> ProcessGraph:
        """The graph of a run with the program's own constants; `learn` is False where no rule fires."""
        ...


def without_trials(program: Program, learn: bool = True, constants: Mapping[str, float] | None = None) -> Run:
    """The run of no trial at all: everything that a graph follows from."""
    steps = sum(program.lengths)
    stimuli: dict[str, Array | Events] = {}
    for name, kind in program.stimuli:
        size = program.group(VariableKey.from_text(name).owner).size
        dense = np.empty((0, size) if kind == "constant" else (0, steps, size))
        stimuli[name] = Events.from_dense(dense) if kind == "events" else dense
    return bind(program, Trials(stimuli, 0), constants, learn)
