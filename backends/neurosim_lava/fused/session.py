"""Mode `fused`: a program's printed text in one process of Lava's CPU runtime, many trials a Lava step."""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.backend.contract import Backend
from neurosim.program.program import Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.program.source import blocks
from neurosim.program.source.listing import listing
from neurosim_lava.part import Plan
from neurosim_lava.session import LavaSession


class FusedSession(LavaSession):
    """The text of a run is printed once for each set of constants."""

    steps_of_first_part = 2000

    def __init__(self, program: Program, backend: Backend, mode: str, deadline: float):
        super().__init__(program, backend, mode, deadline)
        self._plans: dict[tuple[object, ...], Plan] = {}

    def plan(self, run: Run, learned: Mapping[str, Array]) -> Plan:
        """One process with one text, which is printed once for each set of constants."""
        together = blocks.can_be_in_blocks(run)
        key = (together, *run.text_key)
        if key not in self._plans:
            text = blocks.block_listing(run) if together else listing(run)
            self._plans[key] = Plan({"kind": "fused"}, {"run": text}, spans=lambda trials: [[1]], in_blocks=together)
        return self._plans[key]
