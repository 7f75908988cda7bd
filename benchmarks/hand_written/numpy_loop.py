"""Equilibrium propagation as one would write it by hand in NumPy: what generality is measured against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def relax(
    hidden: Array,
    output: Array,
    drive: Array,
    w: Array,
    bias: Array,
    steps: int,
    eps: float,
    nudge: float,
    target: Array,
) -> tuple[Array, Array]:
    """`steps` synchronous projected Euler steps of both layers."""
    for _ in range(steps):
        to_hidden = -hidden + (drive + w @ output)
        to_output = -output + (hidden @ w + bias)
        if nudge:
            to_output = to_output + nudge * (target - output)
        hidden = np.minimum(np.maximum(hidden + eps * to_hidden, 0.0), 1.0)
        output = np.minimum(np.maximum(output + eps * to_output, 0.0), 1.0)
    return hidden, output


def train(
    inputs: Array,
    targets: Array,
    learned: dict[str, Array],
    steps: tuple[int, int],
    eps: float,
    beta: float,
    lr: tuple[float, float],
) -> dict[str, Array]:
    """One epoch of one-sided equilibrium propagation, one sample at a time."""
    w1, w2 = learned["input_hidden.w"].copy(), learned["hidden_output.w"].copy()
    b1, b2 = learned["hidden.bias"].copy(), learned["output.bias"].copy()
    for x, y in zip(inputs, targets, strict=True):
        drive = x @ w1 + b1
        free_h, free_o = relax(np.zeros(len(b1)), np.zeros(len(b2)), drive, w2, b2, steps[0], eps, 0.0, y)
        h, o = relax(free_h, free_o, drive, w2, b2, steps[1], eps, beta, y)
        w1 += lr[0] / beta * np.outer(x, h - free_h)
        w2 += lr[1] / beta * (np.outer(h, o) - np.outer(free_h, free_o))
        b1 += lr[0] / beta * (h - free_h)
        b2 += lr[1] / beta * (o - free_o)
    return {"input_hidden.w": w1, "hidden_output.w": w2, "hidden.bias": b1, "output.bias": b2}
