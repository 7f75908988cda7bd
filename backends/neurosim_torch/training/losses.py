"""Losses of what a program's probes recorded, and the class that the same scores predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

Recorded = Mapping[str, Tensor]
"""By probe: (trials, units) at the end of a phase, (trials, steps, units) for every step."""


class Loss(Protocol):
    """The mean over trials of how far a recording is from its target."""

    def __call__(self, recorded: Recorded, target: Tensor) -> Tensor:
        """The loss of a batch, of shape ()."""
        ...

    def scores(self, recorded: Recorded) -> Tensor:
        """One score a trial and class, of shape (trials, classes)."""
        ...


@dataclass(frozen=True)
class _Scores:
    """One score a trial and unit, from a probe.

    Parameters
    ----------
    probe
        Its name in the schedule, as ``output.s@end:free``.
    over
        Where the probe has every step: the ``last`` one, or the ``max`` over all.
    """

    probe: str
    over: Literal["last", "max"] = "last"

    def scores(self, recorded: Recorded) -> Tensor:
        """The score of each trial and unit, of shape (trials, units)."""
        values = recorded[self.probe]
        if values.ndim == 2:
            return values
        return values[:, -1] if self.over == "last" else values.amax(dim=1)


class CrossEntropy(_Scores):
    """-log softmax(scores)[label]; targets are whole numbers, (trials,)."""

    def __call__(self, recorded: Recorded, target: Tensor) -> Tensor:
        """The mean over the trials."""
        return torch.nn.functional.cross_entropy(self.scores(recorded), target.long())


class MeanSquared(_Scores):
    """0.5 * sum over units of (scores - target)**2; targets are (trials, units), or whole numbers for one-hot ones."""

    def __call__(self, recorded: Recorded, target: Tensor) -> Tensor:
        """The mean over the trials."""
        scores = self.scores(recorded)
        if target.ndim == 1:
            target = torch.nn.functional.one_hot(target.long(), scores.shape[1]).to(scores.dtype)
        return 0.5 * ((scores - target) ** 2).sum(dim=1).mean()


def accuracy(loss: Loss, recorded: Recorded, target: Tensor) -> float:
    """The share of trials whose largest score is that of the target."""
    labels = target if target.ndim == 1 else target.argmax(dim=1)
    return float((loss.scores(recorded).argmax(dim=1) == labels).double().mean())
