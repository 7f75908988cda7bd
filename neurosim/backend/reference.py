"""The reference backend: the meaning of a step, executed literally by NumPy. The oracle of all others."""

from __future__ import annotations

import platform
import time
from typing import Any

import numpy as np

import neurosim
from neurosim.backend.contract import Capabilities, Progress
from neurosim.backend.host_session import HostSession, Outcome
from neurosim.program.features import Feature
from neurosim.program.program import Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.program.source import blocks
from neurosim.program.source.listing import RunFunction, compiled, in_parts, listing
from neurosim.program.source.recorder import Recorder
from neurosim.program.source.synapses import synapses_of


class ReferenceBackend:
    """NumPy, one step after another."""

    name = "reference"

    def capabilities(self) -> Capabilities:
        """One mode, which runs every program."""
        return Capabilities(modes=("numpy",), features={"numpy": frozenset(Feature)}, kind="reference")

    def versions(self) -> dict[str, str]:
        """Those of neurosim, NumPy and Python."""
        return {"neurosim": neurosim.__version__, "numpy": np.__version__, "python": platform.python_version()}

    def compile(self, program: Program, *, mode: str = "default") -> ReferenceSession:
        """A session; its one mode is meant, whatever `mode` says.

        Raises
        ------
        InputError
            If the program fits no memory.
        """
        return ReferenceSession(program, self, "numpy")


class ReferenceSession(HostSession):
    """A program as a Python function; one function for each set of constants."""

    keeps_state = True

    def __init__(self, program: Program, backend: ReferenceBackend, mode: str):
        super().__init__(program, backend, mode)
        self._functions: dict[tuple[Any, ...], RunFunction] = {}
        self._synapses = synapses_of(self.program)

    def simulate(self, run: Run, learned: dict[str, Array], progress: Progress | None) -> Outcome:
        """Run all trials with the function of these constants; those that learn nothing go in blocks."""
        together = blocks.can_be_in_blocks(run)
        key = (together, *run.text_key)
        start = time.perf_counter()
        if key not in self._functions:
            self._functions[key] = blocks.compiled(run) if together else compiled(listing(run))
        built = time.perf_counter()
        recorder = Recorder(run)
        finite = True
        for first, part in blocks.in_blocks(run) if together else in_parts(run):
            arguments = part.stimuli, self._synapses, run.fixed, learned, recorder.arrays
            finite = self._functions[key](part.count, first, *arguments) < 0
            if not finite:
                break
            if progress is not None:
                progress(first + part.count, run.count)
        seconds = time.perf_counter() - built
        return Outcome(
            learned,
            recorder.probes(),
            seconds,
            build_seconds=built - start,
            finite=finite,
            operations=recorder.operations,
            state=recorder.state,
        )
