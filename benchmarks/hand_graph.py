"""Equilibrium propagation as one would write it by hand as a graph of Lava processes.

A source of patterns, one of targets, two layers, and two matrices that deliver in both directions. A layer sends its
state, then updates it by what the matrices made of all states; a sample takes one step more than it has updates, in
which the last states are sent and learned from. Weights and biases are in memory that the processes share.
"""

from __future__ import annotations

import multiprocessing as mp
import time
from typing import Any

import numpy as np

from neurosim_lava import compat

compat.install()

from lava.magma.core.decorator import implements, requires, tag  # noqa: E402
from lava.magma.core.model.py.model import PyLoihiProcessModel  # noqa: E402
from lava.magma.core.model.py.ports import PyInPort, PyOutPort  # noqa: E402
from lava.magma.core.model.py.type import LavaPyType  # noqa: E402
from lava.magma.core.process.ports.ports import InPort, OutPort  # noqa: E402
from lava.magma.core.process.process import AbstractProcess  # noqa: E402
from lava.magma.core.resources import CPU  # noqa: E402
from lava.magma.core.run_conditions import RunSteps  # noqa: E402
from lava.magma.core.run_configs import Loihi2SimCfg  # noqa: E402
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol  # noqa: E402


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


class HandGraph:
    """The graph for some samples, which it learns again and again."""

    processes = 6

    def __init__(
        self,
        inputs: Any,
        targets: Any,
        learned: dict[str, Any],
        steps: tuple[int, int],
        eps: float,
        beta: float,
        lr: tuple[float, float],
    ):
        self._start = learned
        self.learned = {n: np.frombuffer(mp.RawArray("d", a.size)).reshape(a.shape) for n, a in learned.items()}
        self.steps = sum(steps) + 1
        shared = {"free": steps[0], "steps": self.steps, "beta": beta}
        source, target = Source(inputs, self.steps), Source(targets, self.steps)
        hidden = Layer(self.learned["hidden.bias"], lr[0], nudged=False, eps=eps, **shared)
        output = Layer(self.learned["output.bias"], lr[1], nudged=True, eps=eps, **shared)
        first = Matrix(self.learned["input_hidden.w"], lr[0], **shared)
        second = Matrix(self.learned["hidden_output.w"], lr[1], **shared)
        source.s_out.connect(first.pre)
        hidden.s_out.connect(first.post)
        first.forth.connect(hidden.a_in)
        hidden.s_out.connect(second.pre)
        output.s_out.connect(second.post)
        second.forth.connect(output.a_in)
        second.back.connect(hidden.a_in)
        target.s_out.connect(output.t_in)
        self._samples, self._leader = len(inputs), source
        made = (source, target, hidden, output, first, second)
        models = {p: MODELS[type(p)] for p in made}
        source.create_runtime(run_cfg=Loihi2SimCfg(select_tag="floating_pt", exception_proc_model_map=models))

    def train(self) -> float:
        """All samples once, from the same weights; seconds."""
        for name, values in self._start.items():
            self.learned[name][...] = values
        start = time.perf_counter()
        self._leader.run(condition=RunSteps(num_steps=self._samples * self.steps))
        return time.perf_counter() - start

    def stop(self) -> None:
        self._leader.stop()
