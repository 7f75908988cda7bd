"""A whole program as one Lava process. Lava executes every file beside a Process, so this one is alone here."""

from __future__ import annotations

from typing import Any

from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from neurosim_lava import blas
from neurosim_lava.block import Block
from neurosim_lava.part import execute


class FusedProgram(AbstractProcess):  # type: ignore[misc]
    """Each Lava step runs the trials of the request that lies in a shared block, and leaves the reply there."""

    def __init__(self, block: Block):
        super().__init__(block=block)


@implements(proc=FusedProgram, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyFusedProgram(PyLoihiProcessModel):  # type: ignore[misc]
    """Executes the printed text with NumPy."""

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.block: Block = proc_params["block"]

    def run_spk(self) -> None:
        note = self.block.read()
        try:
            blas.restrict(note["threads"])
            reply = execute(note, self.block.arrays(note["layout"]))
        except Exception as error:  # Lava's own way to report it blocks its next stop().
            reply = {"error": f"{type(error).__name__}: {error}"[:2000]}
        self.block.write(reply)
