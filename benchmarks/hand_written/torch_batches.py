"""Equilibrium propagation in batches as one would write it by hand in PyTorch: tensors of (trials, units), float64."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hand_written import Array, EpTrainer, Relaxation


def ep_trainer(weights: Sequence[Array], biases: Sequence[Array], relaxation: Relaxation, batch: int) -> EpTrainer:
    """What trains from these weights, with the sum over the trials of a batch."""
    rates = [lr / relaxation.beta for lr in relaxation.rates]

    @torch.no_grad()
    def train(inputs: Array, targets: Array) -> tuple[list[Array], list[Array]]:
        ws, bs = [torch.tensor(w) for w in weights], [torch.tensor(b) for b in biases]
        shown = torch.from_numpy(inputs).split(batch), torch.from_numpy(targets).split(batch)
        for x, y in zip(*shown, strict=True):
            drive = x @ ws[0] + bs[0]
            rest = [torch.zeros(len(x), len(b), dtype=torch.float64) for b in bs]
            free = relax(rest, drive, ws, bs, relaxation.free, relaxation.eps, 0.0, y)
            nudged = relax(free, drive, ws, bs, relaxation.nudged, relaxation.eps, relaxation.beta, y)
            ws[0] += rates[0] * (x.T @ (nudged[0] - free[0]))
            for k in range(1, len(ws)):
                ws[k] += rates[k] * (nudged[k - 1].T @ nudged[k] - free[k - 1].T @ free[k])
            for k in range(len(bs)):
                bs[k] += rates[k] * (nudged[k] - free[k]).sum(0)
        return [w.numpy() for w in ws], [b.numpy() for b in bs]

    return train


def relax(
    layers: list[Tensor],
    drive: Tensor,
    weights: Sequence[Tensor],
    biases: Sequence[Tensor],
    steps: int,
    eps: float,
    nudge: float,
    target: Tensor,
) -> list[Tensor]:
    """`steps` synchronous projected Euler steps of all layers."""
    last = len(layers) - 1
    for _ in range(steps):
        new = []
        for k, s in enumerate(layers):
            total = drive if k == 0 else torch.addmm(biases[k], layers[k - 1], weights[k])
            if k < last:
                total = torch.addmm(total, layers[k + 1], weights[k + 1].T)
            change = total - s
            if nudge and k == last:
                change += nudge * (target - s)
            new.append((s + eps * change).clamp_(0.0, 1.0))
        layers = new
    return layers
