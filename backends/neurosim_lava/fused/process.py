"""A whole program as one Lava process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from neurosim.program.schedule import Trials
from neurosim.program.source.synapses import Synapses
from neurosim_lava import blas, part
from neurosim_lava.block import AnyArray, Block
from neurosim_lava.built import Built


class FusedProgram(AbstractProcess):  # type: ignore[misc]
    """Each Lava step runs the trials of the request that lies in a shared block, and leaves what they gave there."""

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
        self.synapses: dict[str, Synapses] | None = None

    def run_spk(self) -> None:
        """One step of Lava: run the trials of the request in the block."""
        note = self.block.read()
        try:
            blas.restrict(note["threads"])
            arrays = self.block.arrays(note["layout"])
            if self.synapses is None:
                self.synapses = part.synapses(note, arrays)
            execute(note, arrays, self.synapses)
        except Exception as error:  # Lava's own way to report it blocks its next stop().
            self.block.fail(f"the program failed in its Lava process with {type(error).__name__}: {error}")
            os._exit(1)


def execute(note: Mapping[str, Any], arrays: Mapping[str, AnyArray], synapses: Mapping[str, Synapses]) -> None:
    """Run the trials. Learned arrays change in place."""
    run = part.function(note["texts"]["run"])
    learned, fixed = part.of_kind("learned", arrays), part.of_kind("fixed", arrays)
    stimuli, records = part.stimuli(note, arrays), part.records(note, arrays, "run")
    trials = Trials(stimuli, note["trials"])
    failed = arrays["failed/run"]
    for first in range(0, trials.count, note["together"]):
        some = trials.part(first, first + note["together"])
        failed[0] = run(some.count, first, some.stimuli, synapses, fixed, learned, records)
        if failed[0] >= 0:
            return


def build(graph: Mapping[str, Any], block: Block, arrays: Mapping[str, AnyArray]) -> Built:
    """The one process."""
    return Built({FusedProgram(block): PyFusedProgram})
