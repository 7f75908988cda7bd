"""One task after another, learned by gradients: `fit`, with the settings that a scenario file names.

settings = {"over": "max", "lr": 2e-4, "penalty": {"kind": "si", "strength": 0.5}}
trainer = GradientTrainer(network, schedule, "readout.o@step", settings)
fitted = trainer.train(learned, trials, labels, order)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from inspect import signature
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from neurosim.edges.values import by_name, number, text, whole_array, whole_number
from neurosim.errors import BackendUnavailable, InputError, nearest
from neurosim.model.network import Network
from neurosim.program.lowering.lower import lower
from neurosim.program.schedule import Array, Schedule, Trials
from neurosim_torch.baselines.penalties import PENALTIES, RegularisedTask, Regulariser, State
from neurosim_torch.differentiable import Differentiable
from neurosim_torch.session import DTYPES, deterministic
from neurosim_torch.surrogates import SURROGATES, Surrogate
from neurosim_torch.training.fit import Epoch, Fitted, Optimiser, Order, Stretches, fit, start_of
from neurosim_torch.training.losses import CrossEntropy, Loss, MeanSquared

LOSSES: dict[str, Callable[..., Loss]] = {"cross-entropy": CrossEntropy, "mean-squared": MeanSquared}
OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamax": torch.optim.Adamax,
}
OVER = ("last", "max")
DEVICES = ("cpu", "cuda")

Named = TypeVar("Named")


@dataclass(frozen=True)
class Settings:
    """How every task is trained; the fields are the keys of the mapping that `GradientTrainer` takes.

    Parameters
    ----------
    loss, over
        ``cross-entropy`` or ``mean-squared``, of the ``last`` step's scores or of their ``max`` over all steps.
    optimiser
        ``sgd``, ``adam`` or ``adamax``.
    momentum
        Of ``sgd`` alone.
    weight_decay
        L2, added to the gradient.
    surrogate, slope
        ``fast-sigmoid``, ``super-spike`` or ``straight-through``, and its one parameter; its usual one if None.
    truncate, clip, patience
        See `fit`.
    penalty
        ``{"kind": "ewc", "strength": 100.0}``, ``si`` or ``lwf``; with ``samples``, ``xi`` and ``temperature`` for
        those that have them.
    """

    loss: str = "cross-entropy"
    over: Literal["last", "max"] = "last"
    optimiser: str = "adam"
    lr: float = 0.001
    momentum: float = 0.0
    weight_decay: float = 0.0
    epochs: int = 1
    batch: int = 64
    surrogate: str = "fast-sigmoid"
    slope: float | None = None
    truncate: int | None = None
    clip: float | None = None
    patience: int | None = None
    dtype: str = "float32"
    device: str = "cpu"
    penalty: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        """Check the settings.

        Raises
        ------
        InputError
            For a value outside its range.
        BackendUnavailable
            For a CUDA device where torch finds none.
        """
        _named("over", self.over, dict.fromkeys(OVER))
        _named("dtype", self.dtype, DTYPES)
        kind = text(self.device, "training: device").partition(":")[0]
        _named("device", kind, dict.fromkeys(DEVICES))
        if kind == "cuda" and not torch.cuda.is_available():
            raise BackendUnavailable(f"training on {self.device}: torch finds no CUDA device here; use cpu")
        for n in ("epochs", "batch", "truncate", "patience"):
            if (value := getattr(self, n)) is not None:
                object.__setattr__(self, n, whole_number(value, f"training: {n} =", least=1))
        for n in ("lr", "momentum", "weight_decay", "slope", "clip"):
            if (value := getattr(self, n)) is not None:
                object.__setattr__(self, n, number(value, f"training: {n} ="))
        for n in ("lr", "slope", "clip"):
            value = getattr(self, n)
            if value is not None and not value > 0:
                raise InputError(f"training: {n} = {value!r}; expected a number above 0")
        if not 0 <= self.momentum < 1:
            raise InputError(f"training: momentum = {self.momentum!r}; expected a number of at least 0 and below 1")
        if not self.weight_decay >= 0:
            raise InputError(f"training: weight_decay = {self.weight_decay!r}; expected a number of at least 0")
        if self.momentum and self.optimiser != "sgd":
            raise InputError(f"training: momentum belongs to sgd; {self.optimiser} has moments of its own")

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Settings:
        """Raises InputError for a key that is no setting."""
        known = [f.name for f in fields(cls)]
        for n in by_name(settings, "training: settings", "{'lr': 0.001}"):
            if n not in known:
                raise InputError(f"training: no setting '{n}'; {nearest(n, known)}")
        return cls(**settings)

    def build_loss(self, probe: str) -> Loss:
        """The loss of what a probe records."""
        return _named("loss", self.loss, LOSSES)(probe, self.over)

    def build_optimiser(self) -> Optimiser:
        """What makes the optimiser of some parameters."""
        options = {"lr": self.lr, "weight_decay": self.weight_decay}
        if self.momentum:
            options["momentum"] = self.momentum
        return partial(_named("optimiser", self.optimiser, OPTIMISERS), **options)

    def build_surrogate(self) -> Surrogate:
        """The derivative that stands in for that of a spike."""
        make = _named("surrogate", self.surrogate, SURROGATES)
        return make() if self.slope is None else make(self.slope)

    def build_penalty(self) -> Regulariser | None:
        """The penalty, told what is meant for it: a mapping may have the further keys of every kind."""
        if self.penalty is None:
            return None
        options = dict(by_name(self.penalty, "training: penalty", "{'kind': 'ewc', 'strength': 100.0}"))
        chosen = _named("penalty kind", options.pop("kind", ""), PENALTIES)
        known = {n for make in PENALTIES.values() for n in signature(make).parameters}
        for n in options:
            _named("penalty: the key", n, dict.fromkeys(known))
        if "strength" not in options:
            raise InputError("training: the penalty has no strength")
        own = signature(chosen).parameters
        return chosen(**{n: v for n, v in options.items() if n in own and v is not None})


class GradientTrainer:
    """theta <- theta - optimiser's step along d(loss + penalty)/d theta, task after task; see `fit`.

    The optimiser is a fresh one for each task; only the penalty goes on from one to the next.

    Parameters
    ----------
    probe
        Name of the probe that has the scores of the classes, as ``readout.o@step``.
    settings
        Keys and values of `Settings`; those that are missing have the values given there.
    mode
        The network's mode that is trained.

    Raises
    ------
    InputError
        For an unknown setting, name or probe, or a number out of range.
    BackendUnavailable
        For a CUDA device where there is none.
    """

    def __init__(
        self, network: Network, schedule: Schedule, probe: str, settings: Mapping[str, Any], mode: str = "wake"
    ):
        probes = [p.name for p in schedule.probes]
        if probe not in probes:
            raise InputError(f"probe '{probe}': the schedule has none of that name; {nearest(probe, probes)}")
        self.network, self.schedule, self.mode = network, schedule, mode
        self.settings = Settings.of(settings)
        self.loss = self.settings.build_loss(probe)
        self._optimiser = self.settings.build_optimiser()
        self._surrogate = self.settings.build_surrogate()
        self._penalty = self.settings.build_penalty()

    def train(
        self,
        learned: Mapping[str, Array],
        trials: Trials,
        labels: NDArray[np.integer[Any]],
        order: Order | Stretches | None,
        progress: Callable[[int, Epoch], None] | None = None,
        validation: tuple[Trials, NDArray[np.integer[Any]]] | None = None,
    ) -> Fitted:
        """Learn one task.

        Parameters
        ----------
        learned
            Where to start; arrays that are not named start at their initial values.
        labels
            The class of each trial.
        order
            The trials' order in each epoch, counted from 0, or stretches of it that no batch has both of; as given if
            None.
        progress
            Called after each epoch with its number, from 1.
        validation
            Trials and labels that choose the epoch whose arrays are returned.
        """
        s = self.settings
        with deterministic(torch.device(s.device)):
            if self._penalty is not None:
                self._penalty.before_task(self._task(learned, trials, labels))
            fitted = fit(
                self.network,
                self.schedule,
                trials,
                labels,
                self.loss,
                self._optimiser,
                mode=self.mode,
                learned=learned,
                epochs=s.epochs,
                batch=s.batch,
                order=order,
                surrogate=self._surrogate,
                truncate=s.truncate,
                penalty=self._penalty,
                clip=s.clip,
                validation=validation,
                patience=s.patience,
                dtype=s.dtype,
                device=s.device,
                progress=progress,
            )
            if self._penalty is not None:
                self._penalty.after_task(self._task(fitted.learned, trials, labels))
        return fitted

    def _task(self, learned: Mapping[str, Array], trials: Trials, labels: NDArray[np.integer[Any]]) -> RegularisedTask:
        """Made anew before and after, so that a penalty's view of the trials takes no room while they are learned."""
        s, program = self.settings, lower(self.network, self.schedule, self.mode)
        model = Differentiable(program, trials, self._surrogate, truncate=s.truncate, dtype=s.dtype, device=s.device)
        parameters = model.parameters(start_of(self.network, program, learned))
        wanted = torch.tensor(whole_array(labels, "labels", least=0), device=model.device)
        return RegularisedTask(model, parameters, wanted, self.loss)

    def state(self) -> dict[str, NDArray[Any]]:
        """What goes on from task to task beside the learned arrays, by name; to be read between tasks."""
        return {} if self._penalty is None else self._penalty.state()

    def restore(self, state: State) -> None:
        """Go on from a `state`, as if this trainer had learned what led to it.

        Raises
        ------
        InputError
            If it is that of another kind of penalty.
        """
        if self._penalty is not None:
            self._penalty.restore(state)
        elif state:
            raise InputError(f"state '{next(iter(state))}': this training has no penalty that would keep one")


def _named(what: str, name: str, known: Mapping[str, Named]) -> Named:
    if text(name, f"training: {what}") not in known:
        raise InputError(f"training: {what} '{name}'; {nearest(name, known)}")
    return known[name]
