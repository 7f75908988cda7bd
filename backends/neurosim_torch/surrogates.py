"""Surrogate derivatives of the unit step, named as in the literature; the values stay those of the step itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from neurosim.edges.values import number
from neurosim.errors import InputError


@dataclass(frozen=True)
class Surrogate:
    """d step(x)/dx = derivative(x), in place of a derivative that is zero wherever it exists.

    Parameters
    ----------
    name
        Stated in files and reports.
    derivative
        A function of the distance from the threshold, elementwise.
    """

    name: str
    derivative: Callable[[Tensor], Tensor]

    def __call__(self, x: Any, value: Any, height: float = 1.0) -> Any:
        """`value`, which a step of this height at x = 0 has taken, with the derivative height*derivative(x)."""
        if not isinstance(x, Tensor):
            return value
        return _Step.apply(x, value, self.derivative, height)  # type: ignore[no-untyped-call]


class _Step(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, value: Tensor, derivative: Callable[[Tensor], Tensor], height: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.derivative, ctx.height = derivative, height
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (x,) = ctx.saved_tensors
        return gradients[0] * ctx.derivative(x) * ctx.height, None, None, None


def fast_sigmoid(slope: float = 25.0) -> Surrogate:
    """d/dx = 1/(slope*|x| + 1)**2, with height 1 at the threshold. SuperSpike's (Zenke & Ganguli 2018)."""
    slope = number(slope, "surrogate: slope")
    if not slope > 0:
        raise InputError(f"surrogate: slope {slope:g}; expected a number above 0")
    return Surrogate(f"fast-sigmoid({slope:g})", lambda x: 1.0 / (slope * x.abs() + 1.0) ** 2)


def super_spike(slope: float = 100.0) -> Surrogate:
    """d/dx = 1/(slope*|x| + 1)**2 with the steep slope of spiking networks for spoken digits (Cramer et al. 2022)."""
    derivative = fast_sigmoid(slope).derivative
    return Surrogate(f"super-spike({slope:g})", derivative)


def straight_through(window: float = 1.0) -> Surrogate:
    """d/dx = 1/2 where |x| <= window, else 0: of ``sign(x)``, which is two steps high, 1 (Bengio et al. 2013)."""
    window = window if window == math.inf else number(window, "surrogate: window")
    if not window > 0:
        raise InputError(f"surrogate: window {window:g}; expected a number above 0, or infinity")
    return Surrogate(f"straight-through({window:g})", lambda x: 0.5 * (x.abs() <= window).to(x.dtype))


SURROGATES: dict[str, Callable[..., Surrogate]] = {
    "fast-sigmoid": fast_sigmoid,
    "super-spike": super_spike,
    "straight-through": straight_through,
}
"""By name, as a scenario file chooses them."""
