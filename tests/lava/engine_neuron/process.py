"""A neuron that puts out given spikes and values. Lava executes every file beside a Process, so this one is alone."""

from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.neuron import LearningNeuronModelFixed, LearningNeuronModelFloat
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.neuron import LearningNeuronProcess
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol


class Told(LearningNeuronProcess, AbstractProcess):
    """`spikes` and the traces y1, y2, y3, each of shape (steps, neurons)."""

    def __init__(self, spikes: Any, traces: Any, learning_rule: Any):
        shape = spikes.shape[1:]
        super().__init__(shape=shape, learning_rule=learning_rule, spikes=spikes, traces=traces)
        self.a_in = InPort(shape=shape)
        self.s_out = OutPort(shape=shape)


class Telling:
    """What both arithmetics do alike."""

    def __init__(self, proc_params: Any):
        super().__init__(proc_params)
        self.spikes, self.traces = proc_params["spikes"], proc_params["traces"]

    def run_spk(self) -> None:
        step = self.time_step - 1
        self.a_in.recv()
        self.s_out_bap.send(self.spikes[step])
        for port, values in zip((self.s_out_y1, self.s_out_y2, self.s_out_y3), self.traces, strict=True):
            port.send(values[step])
        self.s_out.send(self.spikes[step].astype(self.traces.dtype))


@implements(proc=Told, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyToldFloat(Telling, LearningNeuronModelFloat):
    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)


@implements(proc=Told, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyToldFixed(Telling, LearningNeuronModelFixed):
    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, np.int32)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32)
