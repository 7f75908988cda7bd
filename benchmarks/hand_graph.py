"""Equilibrium propagation as one would write it by hand as a graph of Lava processes.

A source of patterns, one of targets, the layers, and matrices between them that deliver in both directions. A layer
sends its state, then updates it by what the matrices made of all states; a sample takes one step more than it has
updates, in which the last states are sent and learned from. Weights and biases are in memory that the processes share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hand_written import Array, EpTrainer, Relaxation
from hand_written.lava_model import Model  # mends Lava, so that it comes first
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyInPort, PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol


class Source(AbstractProcess):
    def __init__(self, rows: Any, steps: int):
        super().__init__(rows=rows, steps=steps)
        self.s_out = OutPort(shape=rows.shape[1:])


class Layer(AbstractProcess):
    def __init__(self, bias: Any, lr: float, nudged: bool, **settings: Any):
        super().__init__(bias=bias, lr=lr, nudged=nudged, **settings)
        shape = (len(bias),)
        self.a_in, self.t_in, self.s_out = InPort(shape=shape), InPort(shape=shape), OutPort(shape=shape)


class Matrix(AbstractProcess):
    def __init__(self, w: Any, lr: float, **settings: Any):
        super().__init__(w=w, lr=lr, **settings)
        self.pre, self.post = InPort(shape=w.shape[:1]), InPort(shape=w.shape[1:])
        self.forth, self.back = OutPort(shape=w.shape[1:]), OutPort(shape=w.shape[:1])


@implements(proc=Source, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PySource(PyLoihiProcessModel):
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)

    def run_spk(self) -> None:
        rows = self.proc_params["rows"]
        self.s_out.send(rows[(self.time_step - 1) // self.proc_params["steps"] % len(rows)])


@implements(proc=Layer, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyLayer(PyLoihiProcessModel):
    a_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    t_in: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)

    def __init__(self, given: Any):
        super().__init__(given)
        self.bias, self.nudged = given["bias"], given["nudged"]
        self.free, self.steps, self.eps, self.beta = (given[n] for n in ("free", "steps", "eps", "beta"))
        self.rate = given["lr"] / self.beta
        self.s = np.zeros(len(self.bias))

    def run_spk(self) -> None:
        step = (self.time_step - 1) % self.steps
        self.s_out.send(self.s)
        change = -self.s + self.a_in.recv() + self.bias
        target = self.t_in.recv() if self.nudged else None
        if step == self.steps - 1:
            self.bias += self.rate * (self.s - self.s_free)
            self.s = np.zeros(len(self.bias))
            return
        if step == self.free:
            self.s_free = self.s
        if self.nudged and step >= self.free:
            change = change + self.beta * (target - self.s)
        self.s = np.minimum(np.maximum(self.s + self.eps * change, 0.0), 1.0)


@implements(proc=Matrix, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyMatrix(PyLoihiProcessModel):
    pre: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    post: PyInPort = LavaPyType(PyInPort.VEC_DENSE, float)
    forth: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)
    back: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, float)

    def __init__(self, given: Any):
        super().__init__(given)
        self.w, self.free, self.steps = given["w"], given["free"], given["steps"]
        self.rate = given["lr"] / given["beta"]

    def run_spk(self) -> None:
        step = (self.time_step - 1) % self.steps
        pre, post = self.pre.recv(), self.post.recv()
        self.forth.send(pre @ self.w)
        if self.back.csp_ports:
            self.back.send(self.w @ post)
        if step == self.free:
            self.pre_free, self.post_free = pre, post
        if step == self.steps - 1:
            self.w += self.rate * (np.outer(pre, post) - np.outer(self.pre_free, self.post_free))


MODELS = {Source: PySource, Layer: PyLayer, Matrix: PyMatrix}


def ep_trainer(weights: Sequence[Array], biases: Sequence[Array], relaxation: Relaxation) -> EpTrainer:
    shared = {"free": relaxation.free, "steps": relaxation.free + relaxation.nudged + 1, "beta": relaxation.beta}
    last = len(weights) - 1

    def made(learned: list[Array], inputs: Array, targets: Array) -> dict[Any, type]:
        source, target = Source(inputs, shared["steps"]), Source(targets, shared["steps"])
        layers = [
            Layer(learned[last + 1 + k], lr, nudged=k == last, eps=relaxation.eps, **shared)
            for k, lr in enumerate(relaxation.rates)
        ]
        matrices = [Matrix(learned[k], lr, **shared) for k, lr in enumerate(relaxation.rates)]
        target.s_out.connect(layers[-1].t_in)
        for below, matrix, layer in zip([source, *layers], matrices, layers, strict=False):
            below.s_out.connect(matrix.pre)
            layer.s_out.connect(matrix.post)
            matrix.forth.connect(layer.a_in)
            if below is not source:
                matrix.back.connect(below.a_in)
        return {p: MODELS[type(p)] for p in (source, target, *layers, *matrices)}

    model = Model([*weights, *biases], made, shared["steps"])

    def train(inputs: Array, targets: Array) -> tuple[list[Array], list[Array]]:
        learned = model.run(inputs, targets)
        return learned[: len(weights)], learned[len(weights) :]

    return train
