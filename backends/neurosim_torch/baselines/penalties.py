"""What keeps a network near what earlier tasks taught it: elastic weights, synaptic intelligence, distillation.

Each is a `Penalty` of `fit`; whoever trains one task after another also tells it when a task begins and ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neurosim.edges.values import number, whole_number
from neurosim.errors import InputError, nearest
from neurosim_torch.differentiable import Differentiable
from neurosim_torch.training.fit import EVALUATED, Penalty
from neurosim_torch.training.losses import Loss, Recorded

State = Mapping[str, NDArray[Any]]
"""What a regulariser keeps between tasks, as plain arrays by name."""


@dataclass(frozen=True, eq=False)
class RegularisedTask:
    """A task as a regulariser meets it: before it is learned, or after.

    Attributes
    ----------
    parameters
        The learned arrays of that moment.
    labels
        (trials,)
    """

    model: Differentiable
    parameters: Mapping[str, Tensor]
    labels: Tensor
    loss: Loss


class Regulariser(Penalty, Protocol):
    """A penalty that goes on from task to task."""

    def before_task(self, task: RegularisedTask) -> None:
        """A task begins."""
        ...

    def after_task(self, task: RegularisedTask) -> None:
        """A task has ended; its parameters are as training left them."""
        ...

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that counts for later tasks; to be read between tasks."""
        ...

    def restore(self, state: State) -> None:
        """Go on from a `state`; an empty one is that of a new regulariser."""
        ...


class ElasticWeightConsolidation:
    """strength/2 * sum_t sum_i F_i^t*(theta_i - theta_i^t)**2, F_i^t = mean over samples of (d log p/d theta_i)**2.

    A spring for each earlier task t, to the parameters theta^t that it ended with (Kirkpatrick et al. 2017). p is the
    probability of the sample's own label (the empirical Fisher information), and log p minus the loss of the sample:
    the log-softmax for cross-entropy, a Gaussian likelihood of variance 1 for squared errors. One sample at a time.

    Parameters
    ----------
    samples
        At most so many of a task's trials make up F; they lie evenly spaced in the order in which the task was given.
    """

    def __init__(self, strength: float, samples: int = 200):
        self.strength = _at_least_zero(strength, "ewc: strength")
        self.samples = whole_number(samples, "ewc: samples =", least=1)
        self._springs = _Springs()

    def __call__(self, parameters: Mapping[str, Tensor], trials: Tensor, recorded: Recorded) -> Tensor:
        """The energy of the springs, of shape ()."""
        return 0.5 * self.strength * self._springs.energy(parameters)

    def before_task(self, task: RegularisedTask) -> None:
        """Have the springs of earlier tasks where the model's numbers are."""
        self._springs = self._springs.beside(task.model)

    def after_step(self, parameters: Mapping[str, Tensor], before: Mapping[str, Tensor]) -> None:
        """The path does not count."""

    def after_task(self, task: RegularisedTask) -> None:
        """Add the springs of this task: F and where its parameters ended."""
        importance, optimum = self._springs.importance, self._springs.optimum
        for n, information in fisher_information(task, self.samples).items():
            here = task.parameters[n].detach().clone()
            importance[n] = _with_row(importance.get(n), information)
            optimum[n] = _with_row(optimum.get(n), here)

    def state(self) -> dict[str, NDArray[Any]]:
        """F and theta of each earlier task, by ``importance.array`` and ``optimum.array``, shape (tasks, ...)."""
        return self._springs.state()

    def restore(self, state: State) -> None:
        """Go on from a `state`; an empty one is that of a new regulariser."""
        self._springs = _Springs.of(state)


def fisher_information(task: RegularisedTask, samples: int) -> dict[str, Tensor]:
    """F_i = mean over samples of (d log p/d theta_i)**2, for every array that the loss depends on."""
    count = min(samples, task.model.count)
    chosen = torch.arange(count, device=task.model.device) * task.model.count // count
    squares: dict[str, Tensor] = {}
    for trial in torch.split(chosen, 1):
        loss = task.loss(task.model(task.parameters, trial), task.labels[trial])
        gradients = torch.autograd.grad(loss, list(task.parameters.values()), allow_unused=True)
        for n, gradient in zip(task.parameters, gradients, strict=True):
            if gradient is not None:
                squares[n] = squares[n] + gradient**2 if n in squares else gradient**2
    return {n: total / count for n, total in squares.items()}


class SynapticIntelligence:
    """strength * sum_i Omega_i*(theta_i - theta*_i)**2, Omega_i = sum over tasks of omega_i/(Delta_i**2 + xi).

    omega_i = sum over steps of -g_i*(theta_i' - theta_i) is what parameter i contributed to the fall of the loss along
    a task, g being the gradient of the loss alone; Delta_i is how far the task moved it, theta* where the last task
    ended (Zenke, Poole & Ganguli 2017). As in their equations, nothing keeps Omega from being negative. The path is
    that of all epochs, also where a validation part chooses the arrays of an earlier one.
    """

    def __init__(self, strength: float, xi: float = 0.1):
        self.strength = _at_least_zero(strength, "si: strength")
        self.xi = _above_zero(xi, "si: xi")
        self._springs = _Springs()
        self._start: dict[str, Tensor] = {}
        self._path: dict[str, Tensor] = {}

    def __call__(self, parameters: Mapping[str, Tensor], trials: Tensor, recorded: Recorded) -> Tensor:
        """The energy of the springs, of shape ()."""
        return self.strength * self._springs.energy(parameters)

    def before_task(self, task: RegularisedTask) -> None:
        """Note where the task begins; its path is empty."""
        self._springs = self._springs.beside(task.model)
        self._start = {n: p.detach().clone() for n, p in task.parameters.items()}
        self._path = {}

    def after_step(self, parameters: Mapping[str, Tensor], before: Mapping[str, Tensor]) -> None:
        """Add what the step contributed to the fall of the loss, -g*(theta' - theta)."""
        for n, p in parameters.items():
            if p.grad is not None:
                fall = -p.grad * (p.detach() - before[n])
                self._path[n] = self._path[n] + fall if n in self._path else fall

    def after_task(self, task: RegularisedTask) -> None:
        """Add omega/(Delta**2 + xi) to Omega; theta* is where the task ended."""
        importance, optimum = self._springs.importance, self._springs.optimum
        for n, path in self._path.items():
            optimum[n] = task.parameters[n].detach().clone()
            gained = path / ((optimum[n] - self._start[n]) ** 2 + self.xi)
            importance[n] = importance[n] + gained if n in importance else gained

    def state(self) -> dict[str, NDArray[Any]]:
        """Omega and theta*, by ``importance.array`` and ``optimum.array``, of the arrays' shapes."""
        return self._springs.state()

    def restore(self, state: State) -> None:
        """Go on from a `state`; an empty one is that of a new regulariser."""
        self._springs = _Springs.of(state)


class LearningWithoutForgetting:
    """strength * mean over trials of sum_c q_c*log(q_c/p_c), with q = softmax(old scores/T), p = softmax(scores/T).

    The network distils what it was before the task, from its old scores on the new task's trials (Li & Hoiem 2016). c
    runs over the classes of earlier tasks only, and so does the softmax, as over their old tasks' outputs and as in
    Avalanche: what the network says of a class that nobody has shown it is nothing to keep. This is their cross-entropy
    less the entropy of q, which has no gradient; nothing is multiplied by T**2.

    Parameters
    ----------
    temperature
        T; above 1 it makes small scores count more.
    """

    def __init__(self, strength: float, temperature: float = 2.0):
        self.strength = _at_least_zero(strength, "lwf: strength")
        self.temperature = _above_zero(temperature, "lwf: temperature")
        self._classes: NDArray[np.int64] = np.zeros(0, np.int64)
        self._teacher: Tensor | None = None
        self._loss: Loss | None = None

    def __call__(self, parameters: Mapping[str, Tensor], trials: Tensor, recorded: Recorded) -> Tensor:
        """The divergence from the old scores of these trials, of shape ()."""
        if self._teacher is None or self._loss is None:
            return torch.zeros(())
        p, q = self._softened(self._loss.scores(recorded)), self._teacher[trials]
        return self.strength * torch.nn.functional.kl_div(p, q, reduction="batchmean", log_target=True)

    def _softened(self, scores: Tensor) -> Tensor:
        """log softmax(scores/T) over the classes seen before, (trials, classes)."""
        return torch.log_softmax(scores[:, self._classes.tolist()] / self.temperature, dim=1)

    def before_task(self, task: RegularisedTask) -> None:
        """Have the network as it is now score the task's trials, for the classes seen before."""
        self._loss, self._teacher = task.loss, None
        if len(self._classes) == 0:
            return
        with torch.no_grad():
            parts = torch.split(torch.arange(task.model.count, device=task.model.device), EVALUATED)
            scores = [task.loss.scores(task.model(task.parameters, part)) for part in parts]
            self._teacher = torch.cat([self._softened(s) for s in scores])

    def after_step(self, parameters: Mapping[str, Tensor], before: Mapping[str, Tensor]) -> None:
        """The path does not count."""

    def after_task(self, task: RegularisedTask) -> None:
        """Note the classes of the task."""
        self._classes = np.union1d(self._classes, task.labels.cpu().numpy())
        self._teacher = None

    def state(self) -> dict[str, NDArray[Any]]:
        """The classes seen, shape (classes,)."""
        return {"classes": self._classes.copy()}

    def restore(self, state: State) -> None:
        """Go on from a `state`; an empty one is that of a new regulariser."""
        for name in state:
            _expect(name, ["classes"], name)
        self._classes = np.array(state.get("classes", ()), dtype=np.int64)
        self._teacher = None


PENALTIES: dict[str, Callable[..., Regulariser]] = {
    "ewc": ElasticWeightConsolidation,
    "si": SynapticIntelligence,
    "lwf": LearningWithoutForgetting,
}
"""By name, as a scenario file chooses them."""


@dataclass
class _Springs:
    """sum_i importance_i*(theta_i - optimum_i)**2, by learned array; with one row a task where each has its own."""

    importance: dict[str, Tensor] = field(default_factory=dict)
    optimum: dict[str, Tensor] = field(default_factory=dict)

    def energy(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """The sum over all arrays that have an optimum, of shape ()."""
        terms = [
            (self.importance[n] * (p - self.optimum[n]) ** 2).sum() for n, p in parameters.items() if n in self.optimum
        ]
        return torch.stack(terms).sum() if terms else torch.zeros(())

    def beside(self, model: Differentiable) -> _Springs:
        """The same in the model's type of number, on its device."""
        parts = (self.importance, self.optimum)
        return _Springs(*({n: t.to(model.device, model.dtype) for n, t in part.items()} for part in parts))

    def state(self) -> dict[str, NDArray[Any]]:
        """Both parts by ``importance.array`` and ``optimum.array``, as float64."""
        parts = {"importance": self.importance, "optimum": self.optimum}
        return {f"{p}.{n}": t.cpu().numpy().astype(np.float64) for p, part in parts.items() for n, t in part.items()}

    @classmethod
    def of(cls, state: State) -> _Springs:
        """The springs of a `state`."""
        springs = cls()
        parts = {"importance": springs.importance, "optimum": springs.optimum}
        for name, values in state.items():
            part, _, array = name.partition(".")
            _expect(part, parts, name)
            parts[part][array] = torch.tensor(np.asarray(values))
        return springs


def _with_row(rows: Tensor | None, row: Tensor) -> Tensor:
    return row[None] if rows is None else torch.cat([rows, row[None]])


def _expect(part: str, known: Collection[str], name: str) -> None:
    if part not in known:
        raise InputError(f"state '{name}': not of this penalty; {nearest(part, known)}")


def _at_least_zero(value: float, what: str) -> float:
    checked = number(value, f"{what} =")
    if not checked >= 0:
        raise InputError(f"{what} = {checked!r}; expected a number of at least 0")
    return checked


def _above_zero(value: float, what: str) -> float:
    checked = number(value, f"{what} =")
    if not checked > 0:
        raise InputError(f"{what} = {checked!r}; expected a number above 0")
    return checked
