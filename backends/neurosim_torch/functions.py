"""The functions of the equation language on tensors, and on plain numbers where constants have been put in.

`exact` gives what NumPy gives: torch divides a plain number by a tensor as a product with the rounded reciprocal, on a
GPU a tensor by a plain number, too; here both are tensors first. `differentiable` gives the same values, and a
derivative where there is none: that of a surrogate for spikes, ``step`` and ``sign``, and 1 for rounding to the grid.
Conditions pass no derivative on, so that neither a reset nor a refractory period is differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from neurosim_torch.surrogates import Surrogate

Value: TypeAlias = Tensor | float
Functions: TypeAlias = Mapping[str, Callable[..., Any]]


def exact(dtype: torch.dtype) -> Functions:
    """Values alone."""

    def number(condition: Any) -> Value:
        return condition.to(dtype) if isinstance(condition, Tensor) else float(condition)

    def where(condition: Any, yes: Value, no: Value) -> Value:
        if not isinstance(condition, Tensor):
            return yes if condition else no
        if not isinstance(yes, Tensor) and not isinstance(no, Tensor):
            yes = torch.full((), yes, dtype=dtype, device=condition.device)  # of two numbers torch makes float32
        return torch.where(condition, yes, no)

    return {
        **{f: _unary(getattr(torch, f), getattr(np, f)) for f in ("exp", "log", "tanh", "floor", "abs")},
        "sqrt": _unary(square_root, np.sqrt),
        "sign": _unary(_sign, np.sign),
        "divide": _binary(torch.divide, lambda a, b: a / b),
        "minimum": _binary(torch.minimum, min),
        "maximum": _binary(torch.maximum, max),
        "where": where,
        "negation": lambda c: ~c if isinstance(c, Tensor) else not c,
        "step": lambda x: number(x >= 0.0),
        "above": lambda a, b: number(a >= b),
        "beyond": lambda a, b: number(a > b),
        **_ROUNDINGS,
    }


def differentiable(dtype: torch.dtype, surrogate: Surrogate) -> Functions:
    """The same values, with the derivatives of a surrogate."""
    values = exact(dtype)

    def above(a: Value, b: Value) -> Any:
        return surrogate(a - b, values["above"](a, b))

    def beyond(a: Value, b: Value) -> Any:
        return surrogate(a - b, values["beyond"](a, b))

    return {
        **values,
        "above": above,
        "beyond": beyond,
        "step": lambda x: above(x, 0.0),
        "sign": lambda x: surrogate(x, _sign(x), height=2.0) if isinstance(x, Tensor) else values["sign"](x),
        **{f: _straight_through(rounding) for f, rounding in _ROUNDINGS.items()},
    }


def _unary(of_tensor: Callable[[Tensor], Tensor], of_number: Callable[[float], Any]) -> Callable[[Value], Value]:
    return lambda x: of_tensor(x) if isinstance(x, Tensor) else float(of_number(x))


def _binary(
    of_tensors: Callable[[Tensor, Tensor], Tensor], of_numbers: Callable[[float, float], float]
) -> Callable[[Value, Value], Value]:
    def both(a: Value, b: Value) -> Value:
        if isinstance(a, Tensor) or isinstance(b, Tensor):
            like = a if isinstance(a, Tensor) else b
            assert isinstance(like, Tensor)
            return of_tensors(_tensor(a, like), _tensor(b, like))
        return of_numbers(a, b)

    return both


def _tensor(value: Value, like: Tensor) -> Tensor:
    return value if isinstance(value, Tensor) else torch.full((), value, dtype=like.dtype, device=like.device)


def square_root(x: Tensor) -> Tensor:
    """The square root, correctly rounded; torch's own is not, on a processor where it is vectorised with AVX-512."""
    root: Tensor = _HostRoot.apply(x) if x.device.type == "cpu" else torch.sqrt(x)  # type: ignore[no-untyped-call]
    return root


class _HostRoot(torch.autograd.Function):
    """NumPy's square root, with the derivative 1/(2*sqrt(x))."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        with np.errstate(invalid="ignore"):  # what is not finite is an error of its own, with its place
            root = torch.from_numpy(np.asarray(np.sqrt(x.detach().numpy())))
        ctx.save_for_backward(root)
        return root

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (root,) = ctx.saved_tensors
        return gradients[0] / (2.0 * root)


def _sign(x: Tensor) -> Tensor:
    """The sign, NaN of a NaN, of which torch makes 0."""
    return torch.where(torch.isnan(x), x, torch.sign(x))


def _on_grid(x: Value, bits: int) -> Value:
    floor = torch.floor(x * 2.0**bits + 0.5) if isinstance(x, Tensor) else float(np.floor(x * 2.0**bits + 0.5))
    return floor * 2.0**-bits


def _floor_to_grid(x: Value, bits: int) -> Value:
    return (torch.floor(x * 2.0**bits) if isinstance(x, Tensor) else float(np.floor(x * 2.0**bits))) * 2.0**-bits


def _truncate_to_grid(x: Value, bits: int) -> Value:
    return (torch.trunc(x * 2.0**bits) if isinstance(x, Tensor) else float(np.trunc(x * 2.0**bits))) * 2.0**-bits


def _wrap(x: Value, limit: float) -> Value:
    turns = (limit - x) / (2.0 * limit)
    return x + 2.0 * limit * (torch.floor(turns) if isinstance(turns, Tensor) else float(np.floor(turns)))


def _single(x: Value) -> Value:
    return x.to(torch.float32).to(x.dtype) if isinstance(x, Tensor) else float(np.float32(x))


_ROUNDINGS: Functions = {
    "on_grid": _on_grid,
    "floor_to_grid": _floor_to_grid,
    "truncate_to_grid": _truncate_to_grid,
    "wrap": _wrap,
    "single": _single,
}


def _straight_through(rounding: Callable[..., Value]) -> Callable[..., Value]:
    """The same values, with a derivative of 1."""

    def rounded(x: Value, *arguments: float) -> Value:
        value = rounding(x, *arguments)
        return x + (value - x).detach() if isinstance(x, Tensor) and isinstance(value, Tensor) else value

    return rounded
