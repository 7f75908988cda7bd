"""Training by gradients: any network of the library, through its steps, for any backend.

fitted = fit(network, schedule, trials, labels, CrossEntropy("readout.o@step", over="max"), torch.optim.Adam)
session.write(fitted.learned)
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neurosim.edges.values import finite_array, number, real_values, whole_array, whole_number
from neurosim.errors import InputError, NumericalError, nearest
from neurosim.model.fixed import digest_of
from neurosim.model.network import Network
from neurosim.program.lowering.lower import lower
from neurosim.program.program import Program
from neurosim.program.run import check_learned
from neurosim.program.schedule import Array, Schedule, Trials
from neurosim_torch.differentiable import Differentiable
from neurosim_torch.surrogates import Surrogate, fast_sigmoid
from neurosim_torch.training.losses import Loss, Recorded, accuracy

Optimiser = Callable[[Iterable[Tensor]], torch.optim.Optimizer]
"""One of torch's, with its settings: ``functools.partial(torch.optim.Adamax, lr=2e-4)``."""

Order = Callable[[int], NDArray[np.int64]]
"""The order of the trials in an epoch; it decides, and no generator of torch is asked."""

Stretches = Callable[[int], tuple[NDArray[np.int64], ...]]
"""The same in stretches, one after the other: no batch has trials of two of them."""

EVALUATED = 256
"""Trials at once where no gradient is needed."""


class Penalty(Protocol):
    """What a strategy adds to the loss of a batch, and what it watches while weights move."""

    def __call__(self, parameters: Mapping[str, Tensor], trials: Tensor, recorded: Recorded) -> Tensor:
        """What is added to the loss of a batch, of shape ()."""
        ...

    def after_step(self, parameters: Mapping[str, Tensor], before: Mapping[str, Tensor]) -> None:
        """Weights have moved; gradients of the loss alone are still in ``parameters[...].grad``."""
        ...


@dataclass(frozen=True)
class Epoch:
    """Means over the trials of an epoch; validation is NaN where there is none."""

    loss: float
    accuracy: float
    validation_loss: float = float("nan")
    validation_accuracy: float = float("nan")


@dataclass(frozen=True)
class Fitted:
    """What training left behind.

    Attributes
    ----------
    learned
        Every learned array, float64: of the best epoch where there is a validation part, else of the last.
    history
        One entry an epoch.
    best
        The epoch, counted from 0, that the arrays are of.
    """

    learned: dict[str, Array]
    history: tuple[Epoch, ...]
    best: int


@dataclass
class _Progress:
    """Where a training stands; what a checkpoint keeps, besides the optimiser."""

    parameters: dict[str, Tensor]
    history: list[Epoch] = field(default_factory=list)
    best: int = -1
    kept: dict[str, Tensor] = field(default_factory=dict)

    def keep(self, entry: Epoch) -> None:
        self.history.append(entry)
        score = (entry.validation_accuracy, -entry.validation_loss)
        best = self.history[self.best]
        better = self.best < 0 or score > (best.validation_accuracy, -best.validation_loss)
        if better or np.isnan(entry.validation_loss):
            self.best = len(self.history) - 1
            self.kept = {n: p.detach().clone() for n, p in self.parameters.items()}


def fit(
    network: Network,
    schedule: Schedule,
    trials: Trials,
    target: NDArray[Any],
    loss: Loss,
    optimiser: Optimiser,
    *,
    mode: str | None = None,
    learned: Mapping[str, Array] | None = None,
    parameters: Collection[str] | None = None,
    constants: Mapping[str, float] | None = None,
    epochs: int = 1,
    batch: int = 64,
    order: Order | Stretches | None = None,
    surrogate: Surrogate | None = None,
    truncate: int | None = None,
    penalty: Penalty | None = None,
    clip: float | None = None,
    validation: tuple[Trials, NDArray[Any]] | None = None,
    patience: int | None = None,
    checkpoint: Path | None = None,
    dtype: str = "float32",
    device: str = "cpu",
    progress: Callable[[int, Epoch], None] | None = None,
) -> Fitted:
    """Change learned arrays along the gradient of a loss through all steps of a trial (BPTT).

    Parameters
    ----------
    schedule
        Its probes are what the loss looks at; learning rules do not fire.
    target
        (trials,) labels, or (trials, units).
    learned
        Where to start; arrays that are not named start at their initial values. Those of other modes may be there.
    parameters
        The arrays to train, as ``projection.w``; all of them if None. The others stay.
    order
        The trials' order in each epoch, or stretches of it that no batch has both of; as given if None.
    surrogate
        Derivative of spikes, ``step`` and ``sign``; `fast_sigmoid()` if None.
    truncate
        See `Differentiable`.
    clip
        Largest norm of the whole gradient.
    validation, patience
        Trials and target; training ends when so many epochs have brought no better accuracy, and the best is kept.
    checkpoint
        A file that is written after each epoch; if it is there, training goes on from it.
    progress
        Called after each epoch with its number, from 1.

    Raises
    ------
    InputError
        For a target, parameter, array or order that does not fit, or a checkpoint of another program.
    NumericalError
        If the loss becomes infinite or NaN.
    """
    epochs, batch = whole_number(epochs, "fit: epochs =", least=0), whole_number(batch, "fit: batch =", least=1)
    truncate, patience = (
        None if n is None else whole_number(n, f"fit: {what} =", least=1)
        for n, what in ((truncate, "truncate"), (patience, "patience"))
    )
    if clip is not None and not (clip := number(clip, "fit: clip =")) > 0:
        raise InputError(f"fit: clip = {clip!r}; expected a number above 0")
    program = lower(network, schedule, mode)
    settings: dict[str, Any] = {"constants": constants, "truncate": truncate, "dtype": dtype, "device": device}
    model = Differentiable(program, trials, surrogate or fast_sigmoid(), **settings)
    targets = _targets(target, model)
    start = start_of(network, program, learned or {})
    every = model.parameters(start)
    chosen = _chosen(every, parameters)
    optimise = optimiser(chosen.values())
    state = _Progress(every)
    _resume(checkpoint, program, state, optimise)
    held_out = None
    if validation is not None:
        judge = Differentiable(program, validation[0], surrogate or fast_sigmoid(), **settings)
        held_out = (judge, _targets(validation[1], judge))
    for epoch in range(len(state.history), epochs):
        if patience is not None and held_out is not None and epoch - 1 - state.best >= patience:
            break
        batches = _batches(order, epoch, model.count, batch)
        entry = _epoch(model, every, chosen, targets, loss, optimise, batches, penalty, clip)
        if held_out is not None:
            entry = Epoch(entry.loss, entry.accuracy, *evaluate(held_out[0], every, held_out[1], loss))
            if not np.isfinite(entry.validation_loss):
                steps = held_out[0].run.steps
                raise NumericalError("fit", "the validation loss", epoch, steps - 1, entry.validation_loss)
        state.keep(entry)
        _save(checkpoint, program, state, optimise)
        if progress is not None:
            progress(epoch + 1, entry)
    trained = {n: (state.kept or every)[n].detach().cpu().numpy().astype(np.float64) for n in chosen}
    return Fitted({**start, **trained}, tuple(state.history), state.best)


def _epoch(
    model: Differentiable,
    every: Mapping[str, Tensor],
    chosen: Mapping[str, Tensor],
    targets: Tensor,
    loss: Loss,
    optimise: torch.optim.Optimizer,
    batches: list[NDArray[np.int64]],
    penalty: Penalty | None,
    clip: float | None,
) -> Epoch:
    losses, right, shown = [], [], 0
    for batch in batches:
        indices = torch.tensor(batch, device=model.device)
        recorded = model(every, indices)
        value = loss(recorded, targets[indices])
        if not torch.isfinite(value):
            raise NumericalError("fit", "the loss", shown, model.run.steps - 1, float(value.detach()))
        _move(chosen, value, optimise, penalty, clip, indices, recorded)
        losses.append(float(value.detach()) * len(indices))
        right.append(accuracy(loss, recorded, targets[indices]) * len(indices))
        shown += len(indices)
    return Epoch(sum(losses) / shown, sum(right) / shown)


def _move(
    chosen: Mapping[str, Tensor],
    value: Tensor,
    optimise: torch.optim.Optimizer,
    penalty: Penalty | None,
    clip: float | None,
    indices: Tensor,
    recorded: Recorded,
) -> None:
    """One step of the optimiser; a penalty's gradient is added to that of the loss."""
    optimise.zero_grad()
    value.backward(retain_graph=penalty is not None)  # type: ignore[no-untyped-call]
    if penalty is None:
        _clip(chosen, clip)
        optimise.step()
        return
    alone = {n: None if p.grad is None else p.grad.clone() for n, p in chosen.items()}
    added = penalty(chosen, indices, recorded)
    if added.requires_grad:
        added.backward()  # type: ignore[no-untyped-call]
    _clip(chosen, clip)
    before = {n: p.detach().clone() for n, p in chosen.items()}
    optimise.step()
    for n, p in chosen.items():
        p.grad = alone[n]
    penalty.after_step(chosen, before)


def _clip(chosen: Mapping[str, Tensor], clip: float | None) -> None:
    if clip is not None:
        torch.nn.utils.clip_grad_norm_(chosen.values(), clip)


def evaluate(model: Differentiable, learned: Mapping[str, Tensor], target: Tensor, loss: Loss) -> tuple[float, float]:
    """Mean loss and accuracy over all trials of a model."""
    total, right = 0.0, 0.0
    with torch.no_grad():
        for indices in torch.split(torch.arange(model.count, device=model.device), EVALUATED):
            recorded = model(learned, indices)
            total += float(loss(recorded, target[indices])) * len(indices)
            right += accuracy(loss, recorded, target[indices]) * len(indices)
    return total / model.count, right / model.count


def _targets(target: NDArray[Any], model: Differentiable) -> Tensor:
    given = real_values(target, "target")
    if given.ndim not in (1, 2) or len(given) != model.count:
        raise InputError(f"target of shape {given.shape}; expected one for each of {model.count} trials")
    if given.ndim == 1:
        return torch.tensor(whole_array(given, "target", least=0), device=model.device)
    return torch.tensor(finite_array(given, "target"), dtype=model.dtype, device=model.device)


def start_of(network: Network, program: Program, learned: Mapping[str, Array]) -> dict[str, Array]:
    """A value for each learned array of the program: the given one, or the initial one."""
    known, initial = network.learned(), program.initial()
    for n in learned:
        if n not in known:
            raise InputError(f"learned variable '{n}': the network has none; {nearest(n, known)}")
    given = check_learned(program, {n: a for n, a in learned.items() if n in initial})
    return {n: given.get(n, np.full(s, initial[n])) for n, s in program.shapes().items()}


def _chosen(every: Mapping[str, Tensor], parameters: Collection[str] | None) -> dict[str, Tensor]:
    for n in parameters or ():
        if n not in every:
            raise InputError(f"parameter '{n}': the network learns no such array; {nearest(n, every)}")
    chosen = {n: p for n, p in every.items() if parameters is None or n in parameters}
    for n, p in every.items():
        p.requires_grad_(n in chosen)  # no gradient is computed that nobody asks for
    return chosen


def _batches(order: Order | Stretches | None, epoch: int, count: int, batch: int) -> list[NDArray[np.int64]]:
    """The trials of each step of the optimiser, in the order of the epoch."""
    given = np.arange(count) if order is None else order(epoch)
    stretches = [_stretch(s, epoch, count) for s in (given if isinstance(given, tuple) else (given,))]
    return [s[first : first + batch] for s in stretches for first in range(0, len(s), batch)]


def _stretch(given: NDArray[np.int64], epoch: int, count: int) -> NDArray[np.int64]:
    trials = np.asarray(given)
    if trials.ndim != 1 or not len(trials) or not np.issubdtype(trials.dtype, np.integer):
        raise InputError(f"order({epoch}) has shape {trials.shape} and type {trials.dtype}; expected a list of trials")
    if trials.min() < 0 or trials.max() >= count:
        raise InputError(f"order({epoch}) has trials {trials.min()} to {trials.max()}, expected 0 to {count - 1}")
    return trials.astype(np.int64)


def _save(path: Path | None, program: Program, state: _Progress, optimise: torch.optim.Optimizer) -> None:
    """Written beside and moved in, so that the file is whole whenever the process ends."""
    if path is None:
        return
    document = {
        "digest": program.digest(),
        "wirings": _wirings(program),
        "fixed": digest_of(program.fixed),
        "parameters": {n: p.detach() for n, p in state.parameters.items()},
        "kept": state.kept,
        "best": state.best,
        "history": [(e.loss, e.accuracy, e.validation_loss, e.validation_accuracy) for e in state.history],
        "optimiser": optimise.state_dict(),
    }
    part = path.with_name(f"{path.name}.part")
    torch.save(document, part)
    part.replace(path)


def _wirings(program: Program) -> dict[str, str]:
    """The digest of each wiring, which that of the program leaves out."""
    return {name: wiring.digest for name, wiring in program.wirings().items()}


def _resume(path: Path | None, program: Program, state: _Progress, optimise: torch.optim.Optimizer) -> None:
    if path is None or not path.exists():
        return
    document = torch.load(path, weights_only=True)
    began = document["digest"], document.get("wirings", {}), document.get("fixed", "")
    if began != (program.digest(), _wirings(program), digest_of(program.fixed)):
        raise InputError(f"checkpoint {path}: of another network or schedule; expected one of this, or no file")
    with torch.no_grad():
        for n, p in state.parameters.items():
            p.copy_(document["parameters"][n])
    state.kept, state.best = document["kept"], document["best"]
    state.history = [Epoch(*e) for e in document["history"]]
    optimise.load_state_dict(copy.deepcopy(document["optimiser"]))
