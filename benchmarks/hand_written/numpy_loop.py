"""Equilibrium propagation and sleep as one would write them by hand in NumPy, a loop over samples and steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hand_written import Array, EpTrainer, Relaxation, Sleep, Sleeper


def ep_trainer(weights: Sequence[Array], biases: Sequence[Array], relaxation: Relaxation) -> EpTrainer:
    def train(inputs: Array, targets: Array) -> tuple[list[Array], list[Array]]:
        ws, bs = [w.copy() for w in weights], [b.copy() for b in biases]
        for x, y in zip(inputs, targets, strict=True):
            drive = x @ ws[0] + bs[0]
            rest = [np.zeros(len(b)) for b in bs]
            free = relax(rest, drive, ws, bs, relaxation.free, relaxation.eps, 0.0, y)
            nudged = relax(free, drive, ws, bs, relaxation.nudged, relaxation.eps, relaxation.beta, y)
            rates = [lr / relaxation.beta for lr in relaxation.rates]
            ws[0] += rates[0] * np.outer(x, nudged[0] - free[0])
            for k in range(1, len(ws)):
                ws[k] += rates[k] * (np.outer(nudged[k - 1], nudged[k]) - np.outer(free[k - 1], free[k]))
            for k in range(len(bs)):
                bs[k] += rates[k] * (nudged[k] - free[k])
        return ws, bs

    return train


def relax(
    layers: list[Array],
    drive: Array,
    weights: Sequence[Array],
    biases: Sequence[Array],
    steps: int,
    eps: float,
    nudge: float,
    target: Array,
) -> list[Array]:
    """`steps` synchronous projected Euler steps of all layers."""
    last = len(layers) - 1
    for _ in range(steps):
        new = []
        for k, s in enumerate(layers):
            total = drive if k == 0 else layers[k - 1] @ weights[k] + biases[k]
            if k < last:
                total = total + weights[k + 1] @ layers[k + 1]
            change = total - s
            if nudge and k == last:
                change += nudge * (target - s)
            new.append(np.minimum(np.maximum(s + eps * change, 0.0), 1.0))
        layers = new
    return layers


def sleeper(weights: Sequence[Array], sleep: Sleep) -> Sleeper:
    scale = 2.0**sleep.bits

    def run(spikes: NDArray[np.bool_]) -> list[Array]:
        ws = [w.copy() for w in weights]
        v = [np.zeros(w.shape[1]) for w in ws]
        fired = [np.zeros(w.shape[1], bool) for w in ws]
        for now in spikes:
            arrived = [now, *fired[:-1]]
            for k, w in enumerate(ws):
                v[k] = sleep.decay * v[k] + arrived[k].astype(float) @ w
                fired[k] = v[k] >= sleep.theta
                v[k][fired[k]] = 0.0
            for k, w in enumerate(ws):
                if fired[k].any():
                    own = w[:, fired[k]]
                    change = np.where(arrived[k], 2 * sleep.inc, -2 * sleep.dec)[:, np.newaxis]
                    w[:, fired[k]] = np.floor(np.where(own <= 0, own + change, own) * scale + 0.5) / scale
        return ws

    return run
