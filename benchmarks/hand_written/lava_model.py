"""Equilibrium propagation and sleep as one would write them by hand on Lava, for speed: one process that uses NumPy.

A Lava step is a sample, or a step of sleep, and one `RunSteps` goes through all. Data and weights are in memory that
the processes share, for Lava moves a `Var` one number a message. Weights are post by pre, as in Lava's `Dense`.
"""

from __future__ import annotations

import multiprocessing as mp
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_written import Array, EpTrainer, Relaxation, Sleep, Sleeper
from neurosim_lava import compat

compat.install()

from lava.magma.core.decorator import implements, requires, tag  # noqa: E402
from lava.magma.core.model.py.model import PyLoihiProcessModel  # noqa: E402
from lava.magma.core.process.process import AbstractProcess  # noqa: E402
from lava.magma.core.resources import CPU  # noqa: E402
from lava.magma.core.run_conditions import RunSteps  # noqa: E402
from lava.magma.core.run_configs import Loihi2SimCfg  # noqa: E402
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol  # noqa: E402


class EpTraining(AbstractProcess):
    """Learns a sample in each step."""


class Sleeping(AbstractProcess):
    """Goes through the spikes of its input, and learns from its own."""


@implements(proc=EpTraining, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PyEpTraining(PyLoihiProcessModel):
    def __init__(self, given: Any):
        super().__init__(given)
        self.inputs, self.targets, self.relaxation = (given[n] for n in ("inputs", "targets", "relaxation"))
        self.rates = [lr / self.relaxation.beta for lr in self.relaxation.rates]
        self.weights, self.biases = given["learned"][: len(self.rates)], given["learned"][len(self.rates) :]

    def run_spk(self) -> None:
        sample = (self.time_step - 1) % len(self.inputs)
        x, y = self.inputs[sample], self.targets[sample]
        drive = self.weights[0] @ x + self.biases[0]
        free = self.relax([np.zeros(len(b)) for b in self.biases], drive, self.relaxation.free)
        nudged = self.relax(free, drive, self.relaxation.nudged, y)
        for k, rate in enumerate(self.rates):
            change = rate * (nudged[k] - free[k])
            self.biases[k] += change
            if k == 0:
                self.weights[0] += np.outer(change, x)
            else:
                self.weights[k] += rate * (np.outer(nudged[k], nudged[k - 1]) - np.outer(free[k], free[k - 1]))

    def relax(self, layers: list[Array], drive: Array, steps: int, target: Array | None = None) -> list[Array]:
        """Projected Euler steps, all layers at once; towards a target where there is one."""
        weights, biases, eps, last = self.weights, self.biases, self.relaxation.eps, len(layers) - 1
        for _ in range(steps):
            new: list[Array] = []
            for k, s in enumerate(layers):
                new.append(drive.copy() if k == 0 else weights[k] @ layers[k - 1] + biases[k])
                if k < last:
                    new[k] += layers[k + 1] @ weights[k + 1]
                elif target is not None:
                    new[k] += self.relaxation.beta * (target - s)
                new[k] -= s
                new[k] *= eps
                new[k] += s
                np.maximum(new[k], 0.0, new[k])
                np.minimum(new[k], 1.0, new[k])
            layers = new
        return layers


@implements(proc=Sleeping, protocol=LoihiProtocol)
@requires(CPU)
@tag("floating_pt")
class PySleeping(PyLoihiProcessModel):
    def __init__(self, given: Any):
        super().__init__(given)
        self.spikes, self.weights, self.sleep = (given[n] for n in ("spikes", "learned", "sleep"))
        self.scale = 2.0**self.sleep.bits

    def run_spk(self) -> None:
        step = (self.time_step - 1) % len(self.spikes)
        if step == 0:
            self.v = [np.zeros(len(w)) for w in self.weights]
            self.fired = [np.zeros(len(w), bool) for w in self.weights]
        arrived = [self.spikes[step], *self.fired[:-1]]
        for k, w in enumerate(self.weights):
            v = self.sleep.decay * self.v[k] + w @ arrived[k].astype(float)
            fired = v >= self.sleep.theta
            v[fired] = 0.0
            self.v[k], self.fired[k] = v, fired
            if fired.any():
                self.learn(w, fired, arrived[k])

    def learn(self, w: Array, fired: NDArray[np.bool_], arrived: NDArray[np.bool_]) -> None:
        own = w[fired]
        own += np.where(own <= 0, np.where(arrived, 2 * self.sleep.inc, -2 * self.sleep.dec), 0.0)
        own *= self.scale
        own += 0.5
        np.floor(own, own)
        own /= self.scale
        w[fired] = own


class Model:
    """Processes on memory that they share: the learned arrays, and data, for which they are started when these come.

    Data of another shape are other processes; the last ones end when nobody has the model any more.

    Parameters
    ----------
    learned
        What it learns from, each time.
    made
        From shared learned arrays and data, the processes, each with its model.
    steps
        Lava steps of a row of the data.
    """

    def __init__(self, learned: Sequence[Array], made: Callable[..., dict[Any, type]], steps: int = 1):
        self.start, self.learned = learned, [shared(a) for a in learned]
        self.made, self.steps = made, steps
        self.data: list[NDArray[Any]] = []
        self.stop: Any = None

    def run(self, *data: NDArray[Any]) -> list[Array]:
        """What is learned from the data."""
        if [a.shape for a in self.data] != [a.shape for a in data]:
            self.start_on(data)
        for memory, values in zip([*self.data, *self.learned], [*data, *self.start], strict=True):
            memory[...] = values
        self.leader.run(condition=RunSteps(num_steps=len(data[0]) * self.steps))
        return [a.copy() for a in self.learned]

    def start_on(self, data: Sequence[NDArray[Any]]) -> None:
        if self.stop is not None:
            self.stop()
        self.data = [shared(a) for a in data]
        models = self.made(self.learned, *self.data)
        self.leader = next(iter(models))
        self.leader.create_runtime(run_cfg=Loihi2SimCfg(select_tag="floating_pt", exception_proc_model_map=models))
        self.stop = weakref.finalize(self, self.leader.stop)


def shared(array: NDArray[Any]) -> NDArray[Any]:
    """Memory for an array, which forked processes share."""
    return np.frombuffer(mp.RawArray("b", array.nbytes), array.dtype).reshape(array.shape)


def ep_trainer(weights: Sequence[Array], biases: Sequence[Array], relaxation: Relaxation) -> EpTrainer:
    def made(learned: list[Array], inputs: Array, targets: Array) -> dict[Any, type]:
        return {EpTraining(learned=learned, inputs=inputs, targets=targets, relaxation=relaxation): PyEpTraining}

    model = Model([*(w.T for w in weights), *biases], made)

    def train(inputs: Array, targets: Array) -> tuple[list[Array], list[Array]]:
        learned = model.run(inputs, targets)
        return [w.T for w in learned[: len(weights)]], learned[len(weights) :]

    return train


def sleeper(weights: Sequence[Array], sleep: Sleep) -> Sleeper:
    def made(learned: list[Array], spikes: NDArray[np.bool_]) -> dict[Any, type]:
        return {Sleeping(learned=learned, spikes=spikes, sleep=sleep): PySleeping}

    model = Model([w.T for w in weights], made)
    return lambda spikes: [w.T for w in model.run(spikes)]
