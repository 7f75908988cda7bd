"""The metaplastic binarised network as published (Laborieux, Ernoult, Hirtzlin & Querlioz 2021).

`BinaryPropagation` of the library is its local form. Here are what that has not: batch normalisation, a loss on
logits, and Adam.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neurosim.edges.values import finite_array, number, whole_array, whole_number
from neurosim.errors import InputError, NumericalError, nearest
from neurosim.program.schedule import Array
from neurosim_torch.session import deterministic, dtype_named
from neurosim_torch.surrogates import straight_through
from neurosim_torch.training.fit import EVALUATED, Epoch, Order

HALF_WIDTH = 0.05
"""Hidden weights start uniform in (-0.05, 0.05)."""

_UNCHANGED = straight_through(math.inf)
"""Of sign(x), two steps high, the derivative 1 everywhere."""
_WITHIN_ONE = straight_through(1.0)
"""... and 1 where |x| <= 1, else 0."""


class MetaplasticAdam(torch.optim.Optimizer):
    """w' = w - lr*f*(m/(1 - b1**t))/(sqrt(v/(1 - b2**t)) + eps), f = 1 - tanh(mu*|w|)**2 where sign(w)*m > 0, else 1.

    m' = b1*m + (1 - b1)*g, v' = b2*v + (1 - b2)*g**2, g = gradient + weight_decay*w, t counts steps. Adam (Kingma & Ba
    2015) whose steps are the shorter, where they would shrink a weight, the larger the weight is: what was consolidated
    is not undone (Laborieux et al. 2021). With mu = 0 it is Adam.

    Parameters
    ----------
    metaplasticity
        mu; of a group of parameters, as are the others.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.005,
        metaplasticity: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        settings = {"lr": lr, "metaplasticity": metaplasticity, "betas": betas, "eps": eps}
        super().__init__(params, {**settings, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient."""
        for group in self.param_groups:
            for w in group["params"]:
                if w.grad is not None:
                    w.sub_(group["lr"] * self._step(w, group))

    def _step(self, w: Tensor, group: Mapping[str, Any]) -> Tensor:
        (b1, b2), known = group["betas"], self.state[w]
        gradient = w.grad + group["weight_decay"] * w
        t = known["t"] = known.get("t", 0) + 1
        m = known["m"] = b1 * known.get("m", 0.0) + (1 - b1) * gradient
        v = known["v"] = b2 * known.get("v", 0.0) + (1 - b2) * gradient**2
        adam = m / (1 - b1**t) / (torch.sqrt(v / (1 - b2**t)) + group["eps"])
        kept = 1 - torch.tanh(group["metaplasticity"] * w.abs()) ** 2
        return torch.where(torch.sign(w) * m > 0, kept * adam, adam)


@dataclass(frozen=True, eq=False)
class _Layer:
    """BN(x @ sign(w)), BN(z) = gain*(z - mean)/sqrt(variance + 1e-5) + shift.

    While it learns, mean and variance are those of the batch, and a tenth of what is kept for inference is replaced by
    them.
    """

    weight: Tensor
    gain: Tensor
    shift: Tensor
    mean: Tensor
    variance: Tensor

    def __call__(self, x: Tensor, training: bool) -> Tensor:
        drive = x @ _UNCHANGED(self.weight, torch.sign(self.weight), height=2.0)
        return torch.nn.functional.batch_norm(
            drive, self.mean, self.variance, self.gain, self.shift, training, momentum=0.1, eps=1e-5
        )


class MetaplasticNetwork:
    """h_l = sign(BN_l(h_{l-1} @ sign(W_l))), scores = BN_L(h_{L-1} @ sign(W_L)), h_0 = inputs as they are.

    No biases. Loss: cross-entropy of the scores. Gradients: that of sign(a) is taken as 1 where |a| <= 1, else 0; that
    with respect to sign(W) goes to the hidden weight W unchanged. One batch normalisation for all tasks, with running
    statistics for inference, so that a prediction is the same whatever is predicted beside it (Laborieux et al. 2021).

    Parameters
    ----------
    sizes
        Inputs, hidden units, ..., classes: ``(784, 4096, 4096, 10)``.
    random
        Where the hidden weights come from: uniform in (-0.05, 0.05), shape (inputs, units), layer by layer.
    dtype
        ``float32`` or ``float64``.

    Raises
    ------
    InputError
        For sizes that make no network, or another dtype.
    """

    def __init__(
        self, sizes: Sequence[int], random: np.random.Generator, *, dtype: str = "float32", device: str = "cpu"
    ):
        sizes = tuple(whole_array(sizes, "sizes").tolist())
        if len(sizes) < 2 or min(sizes) < 1:
            raise InputError(f"sizes {sizes}; expected at least two, of at least 1: inputs, ..., classes")
        self.sizes, self.dtype, self.device = sizes, dtype_named(dtype), torch.device(device)
        self._layers = [self._layer(random.uniform(-HALF_WIDTH, HALF_WIDTH, shape)) for shape in pairwise(sizes)]

    def _layer(self, weight: Array) -> _Layer:
        zeros, ones = np.zeros(weight.shape[1]), np.ones(weight.shape[1])
        hidden, gain, shift = (self._tensor(a).requires_grad_() for a in (weight, ones, zeros))
        return _Layer(hidden, gain, shift, mean=self._tensor(zeros), variance=self._tensor(ones))

    def _tensor(self, values: Array) -> Tensor:
        return torch.tensor(values, dtype=self.dtype, device=self.device)

    def train_task(
        self,
        inputs: Array,
        labels: NDArray[np.integer[Any]],
        order: Order | None,
        epochs: int,
        batch: int = 100,
        lr: float = 0.005,
        metaplasticity: float = 0.0,
        progress: Callable[[int, Epoch], None] | None = None,
        *,
        weight_decay: float = 1e-7,
    ) -> tuple[Epoch, ...]:
        """Learn one task with a new `MetaplasticAdam`.

        Parameters
        ----------
        inputs
            (trials, units)
        labels
            The class of each trial.
        order
            The trials' order in each epoch, counted from 0; as given if None.
        metaplasticity
            mu, of the hidden weights; gains and shifts go by plain Adam. The published values are 1.35 for permuted
            MNIST and 1.5 for MNIST, then Fashion-MNIST.
        weight_decay
            L2, on the hidden weights.

        Returns
        -------
        tuple of Epoch
            Loss and accuracy while learning, epoch by epoch.

        Raises
        ------
        InputError
            For inputs or labels that do not fit, or a batch of one trial, which has no variance.
        NumericalError
            If the loss becomes infinite or NaN.
        """
        epochs, batch = whole_number(epochs, "epochs =", least=0), whole_number(batch, "batch =", least=2)
        lr, weight_decay = number(lr, "lr ="), number(weight_decay, "weight_decay =")
        metaplasticity = number(metaplasticity, "metaplasticity =")
        if not (lr > 0 and weight_decay >= 0 and metaplasticity >= 0):
            raise InputError(
                f"lr = {lr:g}, weight_decay = {weight_decay:g}, metaplasticity = {metaplasticity:g}; "
                "expected lr > 0, and the others at least 0"
            )
        shown, wanted = self._inputs(inputs), self._labels(labels, len(inputs))
        optimise = self._optimiser(lr, metaplasticity, weight_decay)
        history = []
        with deterministic(self.device):
            for epoch in range(epochs):
                sequence = np.arange(len(shown)) if order is None else order(epoch)
                history.append(self._epoch(shown, wanted, sequence, batch, optimise))
                if progress is not None:
                    progress(epoch + 1, history[-1])
        return tuple(history)

    def _optimiser(self, lr: float, metaplasticity: float, weight_decay: float) -> MetaplasticAdam:
        weights = [layer.weight for layer in self._layers]
        normalisation = [p for layer in self._layers for p in (layer.gain, layer.shift)]
        hidden = {"params": weights, "metaplasticity": metaplasticity, "weight_decay": weight_decay}
        return MetaplasticAdam([hidden, {"params": normalisation}], lr)

    def _epoch(
        self, shown: Tensor, wanted: Tensor, sequence: NDArray[np.int64], batch: int, optimise: MetaplasticAdam
    ) -> Epoch:
        if batch < 2 or len(sequence) % batch == 1:
            raise InputError(
                f"{len(sequence)} trials in batches of {batch}: expected no batch of a single trial, it has no variance"
            )
        loss, right = 0.0, 0
        for first in range(0, len(sequence), batch):
            indices = torch.tensor(sequence[first : first + batch], device=self.device)
            scores = self._scores(shown[indices], training=True)
            value = torch.nn.functional.cross_entropy(scores, wanted[indices])
            if not torch.isfinite(value):
                raise NumericalError("metaplastic network", "the loss", first, 0, value.item())
            optimise.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimise.step()
            loss += value.item() * len(indices)
            right += int((scores.argmax(dim=1) == wanted[indices]).sum())
        return Epoch(loss / len(sequence), right / len(sequence))

    def _scores(self, x: Tensor, training: bool) -> Tensor:
        for layer in self._layers[:-1]:
            a = layer(x, training)
            x = _WITHIN_ONE(a, torch.sign(a), height=2.0)
        return self._layers[-1](x, training)

    def predict(self, inputs: Array) -> Array:
        """Scores of the classes, (trials, classes); the largest is the prediction."""
        with torch.no_grad(), deterministic(self.device):
            parts = torch.split(self._inputs(inputs), EVALUATED)
            scores = torch.cat([self._scores(part, training=False) for part in parts])
        return scores.cpu().numpy().astype(np.float64)

    def _inputs(self, inputs: Array) -> Tensor:
        if np.ndim(inputs) != 2 or np.shape(inputs)[1] != self.sizes[0]:
            raise InputError(f"inputs of shape {np.shape(inputs)}, expected (trials, {self.sizes[0]})")
        return self._tensor(finite_array(inputs, "inputs"))  # sign would make zeros of NaN, and nobody would know

    def _labels(self, labels: NDArray[np.integer[Any]], count: int) -> Tensor:
        if np.shape(labels) != (count,):
            raise InputError(f"labels: expected {count} of them, each from 0 to {self.sizes[-1] - 1}")
        return torch.tensor(whole_array(labels, "labels", least=0, most=self.sizes[-1] - 1), device=self.device)

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that was learned, as ``weight.0``, ``gain.0``, ``shift.0``, ``mean.0``, ``variance.0``, ..."""
        return {n: t.detach().cpu().numpy().astype(np.float64) for n, t in self._tensors().items()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a `state` of a network of the same sizes.

        Raises
        ------
        InputError
            For an array that is missing, unknown or of another shape.
        """
        own = self._tensors()
        for n in state:
            if n not in own:
                raise InputError(f"state '{n}': not of this network; {nearest(n, own)}")
        for n, t in own.items():
            shape = np.shape(state[n]) if n in state else "none"
            if shape != tuple(t.shape):
                raise InputError(f"state '{n}' has shape {shape}, expected {tuple(t.shape)}")
        with torch.no_grad():
            for n, t in own.items():
                t.copy_(self._tensor(state[n]))

    def _tensors(self) -> dict[str, Tensor]:
        return {f"{part}.{i}": t for i, layer in enumerate(self._layers) for part, t in vars(layer).items()}
