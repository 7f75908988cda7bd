"""The network as one would write it by hand in Nengo: Ensembles and Connections, and operators where none serves.

Neurons have two outputs: `out`, what others receive, changes once everyone has read it, so that the one step of delay
needs no synapse; `after`, the state after a step, is what learning looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import nengo
import numpy as np
from nengo.builder import Builder, Model, Operator, Signal
from nengo.neurons import NeuronType
from nengo.transforms import Dense, Transform
from numpy.typing import NDArray

from hand_written import Array, EpTrainer, Relaxation, Sleep, Sleeper


class Act(Operator):
    """Does in every step what `make` gives for the arrays of its signals, in the order reads, sets, updates."""

    def __init__(self, make: Callable[..., Callable[[], None]], reads: Any, sets: Any = (), updates: Any = ()):
        super().__init__()
        self.make, self.reads, self.sets, self.incs, self.updates = make, list(reads), list(sets), [], list(updates)

    def make_step(self, signals: Any, dt: float, rng: Any) -> Callable[[], None]:
        return self.make(*(signals[s] for s in (*self.reads, *self.sets, *self.updates)))


@dataclass
class Shown:
    """What the next run shows, each row for so many steps."""

    inputs: NDArray[Any]
    targets: Array
    steps: int


class Present(nengo.Process):
    """The inputs that are shown."""

    def __init__(self, shown: Shown):
        super().__init__(default_size_in=0, default_size_out=shown.inputs.shape[1])
        self.shown = shown

    def make_step(self, shape_in: Any, shape_out: Any, dt: float, rng: Any, state: Any) -> Any:
        inputs, steps = self.shown.inputs, self.shown.steps
        return lambda t: inputs[(round(float(t)) - 1) // steps]


class Plain(NeuronType):
    """Neurons of gain 1."""

    def max_rates_intercepts(self, gain: Any, bias: Any) -> Any:
        return np.ones_like(gain), np.zeros_like(bias)


def neurons(kind: NeuronType, bias: Array) -> Any:
    return nengo.Ensemble(len(bias), 1, neuron_type=kind, gain=np.ones(len(bias)), bias=bias).neurons


def learned(model: Model, connection: Any) -> Signal:
    """The weights of a connection (post by pre), which may then be written."""
    weights = model.sig[connection]["weights"]
    weights.readonly = False
    return weights


class RateUnit(Plain):
    """Projected Euler, nudged or not. The bias is Nengo's; it learns at the end of each sample."""

    def __init__(self, relaxation: Relaxation, rate: float, shown: Shown, nudged: bool):
        super().__init__()
        self.relaxation, self.rate, self.shown, self.nudged = relaxation, rate, shown, nudged


@Builder.register(RateUnit)
def build_rate_unit(model: Model, unit: RateUnit, neurons: Any) -> None:
    sig, r, steps = model.sig[neurons], unit.relaxation, unit.shown.steps
    sig["after"], sig["free"] = Signal(shape=neurons.size_out), Signal(shape=neurons.size_out)
    sig["bias"].readonly = False

    def make(clock: Any, drive: Array, after: Array, free: Array, out: Array, bias: Array) -> Any:
        targets = unit.shown.targets

        def step() -> None:
            sample, k = divmod(int(clock) - 1, steps)
            force = drive - out
            if unit.nudged and k >= r.free:
                force += r.beta * (targets[sample] - out)
            np.minimum(np.maximum(out + r.eps * force, 0.0), 1.0, after)
            if k == r.free - 1:
                free[...] = after
            out[...] = after
            if k == steps - 1:
                bias[...] += unit.rate * (after - free)
                out[...] = 0.0

        return step

    model.add_op(Act(make, [model.step, sig["in"]], [sig["after"], sig["free"]], [sig["out"], sig["bias"]]))


class Clamped(Dense):
    """Weights of an input that is the same for some steps: what they deliver is computed once in these."""

    def __init__(self, weights: Array, steps: int):
        super().__init__(weights.T.shape, init=weights.T)
        self.steps = steps


@Builder.register(Clamped)
def build_clamped(model: Model, transform: Clamped, x: Signal, **_: Any) -> tuple[Signal, Signal]:
    weights, delivered = Signal(transform.init), Signal(shape=transform.size_out)

    def make(clock: Any, x: Array, weights: Array, delivered: Array) -> Any:
        return lambda: int(clock) % transform.steps == 1 and np.dot(weights, x, delivered)

    model.add_op(Act(make, [model.step, x, weights], [delivered]))
    return delivered, weights


class Backward(Transform):
    """The weights of another connection, from post to pre."""

    def __init__(self, forward: Any):
        super().__init__()
        self.forward, self.shape = forward, forward.transform.shape

    size_in = property(lambda self: self.shape[0])
    size_out = property(lambda self: self.shape[1])


@Builder.register(Backward)
def build_backward(model: Model, transform: Backward, x: Signal, **_: Any) -> tuple[Signal, Signal]:
    weights, delivered = model.sig[transform.forward]["weights"], Signal(shape=transform.size_out)

    def make(x: Array, weights: Array, delivered: Array) -> Any:
        return lambda: np.dot(weights.T, x, delivered)

    model.add_op(Act(make, [x, weights], [delivered]))
    return delivered, weights


def learn_clamped(model: Model, connection: Any, rate: float, steps: int) -> None:
    def make(clock: Any, x: Array, y: Array, y_free: Array, weights: Array) -> Any:
        def step() -> None:
            if int(clock) % steps == 0:
                weights[...] += np.outer(rate * (y - y_free), x)

        return step

    pre, post = model.sig[connection.pre_obj], model.sig[connection.post_obj]
    reads = [model.step, pre["out"], post["after"], post["free"]]
    model.add_op(Act(make, reads, updates=[learned(model, connection)]))


def learn(model: Model, connection: Any, rate: float, steps: int) -> None:
    def make(clock: Any, x: Array, x_free: Array, y: Array, y_free: Array, weights: Array) -> Any:
        def step() -> None:
            if int(clock) % steps == 0:
                weights[...] += rate * (np.outer(y, x) - np.outer(y_free, x_free))

        return step

    ends = model.sig[connection.pre_obj], model.sig[connection.post_obj]
    reads = [model.step, *(s[part] for s in ends for part in ("after", "free"))]
    model.add_op(Act(make, reads, updates=[learned(model, connection)]))


def ep_trainer(weights: Sequence[Array], biases: Sequence[Array], relaxation: Relaxation) -> EpTrainer:
    steps, rates = relaxation.free + relaxation.nudged, [rate / relaxation.beta for rate in relaxation.rates]
    shown = Shown(np.zeros((1, len(weights[0]))), np.zeros((1, len(biases[-1]))), steps)
    with nengo.Network(seed=0) as net:
        last = len(biases) - 1
        layers = [neurons(RateUnit(relaxation, rates[k], shown, k == last), b) for k, b in enumerate(biases)]
        source = nengo.Node(Present(shown))
        forward = [nengo.Connection(source, layers[0], synapse=None, transform=Clamped(weights[0], steps))]
        for (pre, post), w in zip(pairwise(layers), weights[1:], strict=True):
            forward.append(nengo.Connection(pre, post, synapse=None, transform=w.T))
            nengo.Connection(post, pre, synapse=None, transform=Backward(forward[-1]))
    model = Model(dt=1.0)
    model.build(net)
    learn_clamped(model, forward[0], rates[0], steps)
    for connection, rate in zip(forward[1:], rates[1:], strict=True):
        learn(model, connection, rate, steps)
    simulator = nengo.Simulator(None, model=model, dt=1.0, progress_bar=False)

    def train(inputs: Array, targets: Array) -> tuple[list[Array], list[Array]]:
        shown.inputs, shown.targets = inputs, targets
        simulator.reset()
        simulator.run_steps(len(inputs) * steps)
        new = [simulator.signals[model.sig[c]["weights"]].T.copy() for c in forward]
        return new, [simulator.signals[model.sig[n]["bias"]].copy() for n in layers]

    return train


class Heaviside(Plain):
    """Leaky integration, a threshold, a reset to 0."""

    def __init__(self, sleep: Sleep):
        super().__init__()
        self.sleep = sleep


@Builder.register(Heaviside)
def build_heaviside(model: Model, unit: Heaviside, neurons: Any) -> None:
    sig, decay, theta = model.sig[neurons], unit.sleep.decay, unit.sleep.theta
    sig["after"], sig["v"] = Signal(shape=neurons.size_out), Signal(shape=neurons.size_out)

    def make(drive: Array, after: Array, out: Array, v: Array) -> Any:
        def step() -> None:
            v[...] = decay * v + drive
            fired = v >= theta
            v[fired] = 0.0
            after[...] = out[...] = fired

        return step

    model.add_op(Act(make, [sig["in"]], [sig["after"]], [sig["out"], sig["v"]]))


def learn_asleep(model: Model, connection: Any, sleep: Sleep) -> None:
    """Sums of numbers on the grid are on the grid: nothing has to be rounded."""

    def make(arrived: Array, spikes: Array, weights: Array) -> Any:
        def step() -> None:
            fired = spikes.nonzero()[0]
            if fired.size:
                old = weights[fired]
                weights[fired] = np.where(old <= 0, old + np.where(arrived, 2 * sleep.inc, -2 * sleep.dec), old)

        return step

    reads = model.sig[connection.pre_obj]["out"], model.sig[connection.post_obj]["after"]
    model.add_op(Act(make, reads, updates=[learned(model, connection)]))


def sleeper(weights: Sequence[Array], sleep: Sleep) -> Sleeper:
    shown = Shown(np.zeros((1, len(weights[0]))), np.zeros((1, 0)), 1)
    with nengo.Network(seed=0) as net:
        layers = [nengo.Node(Present(shown)), *(neurons(Heaviside(sleep), np.zeros(w.shape[1])) for w in weights)]
        ends = zip(pairwise(layers), weights, strict=True)
        connections = [nengo.Connection(*pair, synapse=None, transform=w.T) for pair, w in ends]
    model = Model(dt=1.0)
    model.build(net)
    for connection in connections:
        learn_asleep(model, connection, sleep)
    simulator = nengo.Simulator(None, model=model, dt=1.0, progress_bar=False)

    def run(spikes: NDArray[np.bool_]) -> list[Array]:
        shown.inputs = spikes
        simulator.reset()
        simulator.run_steps(len(spikes))
        return [simulator.signals[model.sig[c]["weights"]].T.copy() for c in connections]

    return run
