"""The Lava processes of a network: Lava's own LIF and Dense, and ours, which execute a printed text.

Lava wants ports declared on classes, so a process of ours has a class made for its ports.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from lava.proc.dense.models import PyDenseModelFloat
from lava.proc.dense.process import Dense
from lava.proc.lif.models import PyLifModelFloat
from lava.proc.lif.process import LIF

from neurosim.program.source.synapses import Synapses
from neurosim.program.trial.state import SPIKES
from neurosim_lava import blas, part
from neurosim_lava.block import AnyArray, Block
from neurosim_lava.built import Built, OwnProcess


class Custom(AbstractProcess):  # type: ignore[misc]
    """A population, or one direction of a projection, as the text in the note of a shared block has it."""

    def __init__(self, name: str, block: Block, kind: str, ins: Mapping[str, Any], outs: Mapping[str, Any]):
        super().__init__(name=name, part=name, block=block, kind=kind)
        for port, shape in ins.items():
            setattr(self, port, InPort(shape=shape))
        for port, shape in outs.items():
            setattr(self, port, OutPort(shape=shape))


@implements(proc=Custom, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyCustom(PyLoihiProcessModel):  # type: ignore[misc]
    """Goes one step further in the part's text with each Lava step; a new request is a new start."""

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.block: Block = proc_params["block"]
        self.name: str = proc_params["part"]
        self.kind: str = proc_params["kind"]
        self.remaining = 0
        self.synapses: dict[str, Synapses] | None = None
        self.steps: Iterator[None] = iter(())

    def run_spk(self) -> None:
        """One step of Lava: one step in the text of this part."""
        try:
            if not self.remaining:
                self.begin()
            next(self.steps)
            self.remaining -= 1
        except Exception as error:  # others wait for what this process was to send: only its end tells them
            self.block.fail(f"the program failed in its Lava process with {type(error).__name__}: {error}")
            os._exit(1)

    def begin(self) -> None:
        """Start the text anew for the request in the block."""
        note = self.block.read()
        blas.restrict(note["threads"])
        arrays = self.block.arrays(note["layout"])
        run: Any = part.function(note["texts"][self.name])
        learned = part.of_kind("learned", arrays) | part.of_kind(self.kind, arrays)
        failed, stimuli = arrays[f"failed/{self.name}"], part.stimuli(note, arrays)
        fixed, records = part.of_kind("fixed", arrays), part.records(note, arrays, self.name)
        if self.synapses is None:
            self.synapses = part.synapses(note, arrays)
        self.steps = run(note["trials"], stimuli, self.synapses, fixed, learned, records, failed, vars(self))
        self.remaining = note["lava_steps"]


@cache
def _model(ins: tuple[str, ...], outs: tuple[str, ...]) -> type:
    """`PyCustom` with ports of these names."""
    ports = {n: LavaPyType(PyInPort.VEC_DENSE, float) for n in ins}
    ports |= {n: LavaPyType(PyOutPort.VEC_DENSE, float) for n in outs}
    return type("PyCustom", (PyCustom,), ports)


def build(graph: Mapping[str, Any], block: Block, arrays: Mapping[str, AnyArray]) -> Built:
    """The processes of a graph, connected; weights and biases of Lava's own ones are those in `arrays`."""
    made = {p["name"]: BUILDERS[p["model"]](p, block, arrays) for p in graph["parts"]}
    for source, out, target, into in graph["wires"]:
        getattr(made[source][0], out).connect(getattr(made[target][0], into))
    own = [o for p in graph["parts"] for o in _own(p, made[p["name"]][0])]
    return Built(dict(made.values()), own)


def _custom(p: Mapping[str, Any], block: Block, arrays: Mapping[str, AnyArray]) -> tuple[Any, type]:
    process = Custom(p["name"], block, p["kind"], p["ins"], p["outs"])
    return process, _model(tuple(p["ins"]), tuple(p["outs"]))


def _lif(p: Mapping[str, Any], block: Block, arrays: Mapping[str, AnyArray]) -> tuple[Any, type]:
    bias = p["bias"] if isinstance(p["bias"], float) else arrays[f"learned/{p['bias']}"].copy()
    settings = {n: p[n] for n in ("du", "dv", "vth")}
    return LIF(shape=(p["size"],), u=p["u0"], v=p["v0"], bias_mant=bias, name=p["name"], **settings), PyLifModelFloat


def _dense(p: Mapping[str, Any], block: Block, arrays: Mapping[str, AnyArray]) -> tuple[Any, type]:
    """Lava's weights have shape (target, source)."""
    weights = arrays[f"learned/{p['weights']}"]
    weights = np.array(weights if p["transposed"] else weights.T)
    return Dense(weights=weights, num_message_bits=int(p["graded"]), name=p["name"]), PyDenseModelFloat


BUILDERS = {"custom": _custom, "LIF": _lif, "Dense": _dense}


class OwnLIF:
    """A LIF, whose state is a current and a membrane; Lava does not keep the spikes that are under way."""

    def __init__(self, part: Mapping[str, Any], process: Any):
        self.part, self.process = part, process
        self._v_before = np.zeros(part["size"])

    def start(self, state: Mapping[str, AnyArray] | None) -> None:
        """Its initial current and membrane, or those of the state."""
        for variable in ("u", "v"):
            name, initial = self.part[f"{variable}_name"], np.full(self.part["size"], self.part[f"{variable}0"])
            getattr(self.process, variable).set(initial if state is None or name is None else state[name].copy())

    def look(self) -> None:
        """The membrane before the last step."""
        self._v_before = self.process.v.get()

    def leave(self, state: Mapping[str, AnyArray]) -> None:
        """Current and membrane; the spikes of the last step follow from them and from the membrane before it."""
        u, p = self.process.u.get(), self.part
        for name, values in ((p["u_name"], u), (p["v_name"], self.process.v.get())):
            if name is not None:
                state[name][...] = values
        reached = self._v_before * (1 - p["dv"]) + u + self.process.bias_mant.get()
        state[f"{p['name']}.{SPIKES}"][...] = reached > p["vth"]


class DenseAfterLIF:
    """A Dense, which keeps the sums of what a LIF sent to it in the last step."""

    def __init__(self, part: Mapping[str, Any], process: Any):
        self.part, self.process = part, process

    def start(self, state: Mapping[str, AnyArray] | None) -> None:
        """No sum, or as Lava computes it that of the spikes under way."""
        if state is None:
            self.process.a_buff.set(np.zeros(self.part["size"]))
        else:
            fired = state[f"{self.part['source']}.{SPIKES}"].astype(bool)
            self.process.a_buff.set(self.process.weights.get()[:, fired].sum(axis=1))

    def look(self) -> None:
        """What it keeps follows from the state of its source."""

    def leave(self, state: Mapping[str, AnyArray]) -> None:
        """It has no state of its own."""


def _own(p: Mapping[str, Any], process: Any) -> list[OwnProcess]:
    if p["model"] == "LIF":
        return [OwnLIF(p, process)]
    return [DenseAfterLIF(p, process)] if p["model"] == "Dense" and p["source"] is not None else []
