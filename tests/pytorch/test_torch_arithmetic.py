"""The functions that must be correctly rounded are NumPy's to the last bit, and have their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")

from neurosim_torch.functions import differentiable, exact, square_root
from neurosim_torch.printer import source
from neurosim_torch.surrogates import fast_sigmoid

SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -1.0, 1.0, 5e-324, 2.0**-1022, 1.7976931348623157e308])
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sqrt(a)": np.sqrt,
    "sign(a)": np.sign,
    "floor(a)": np.floor,
    "abs(a)": np.abs,
    "a/b": lambda a, b: a / b,
    "2.7/a": lambda a: 2.7 / a,
    "a/2.7": lambda a: a / 2.7,
    "a*b + a": lambda a, b: a * b + a,
    "minimum(a, b)": np.minimum,
    "maximum(a, b)": np.maximum,
}


def values(seed: int) -> Any:
    """Any bits, subnormal numbers, numbers near 1, special ones with each other."""
    random = np.random.Generator(np.random.Philox(seed))
    any_bits = random.integers(0, 2**64, 50_000, dtype=np.uint64).view(np.float64)
    subnormal = random.integers(0, 2**52, 5_000).view(np.float64)
    near = random.uniform(-8, 8, 200_000)
    special = np.repeat(SPECIAL, len(SPECIAL)) if seed else np.tile(SPECIAL, len(SPECIAL))
    return np.concatenate([any_bits, subnormal, near, special])


def evaluated(text: str, functions: Any, **names: Any) -> Any:
    return eval(source(text, {}), {**functions, **names})


@pytest.mark.parametrize("text", FUNCTIONS)
def test_it_is_numpys_to_the_last_bit(text: str) -> None:
    a, b = values(0), values(1)
    names = {"a": a, "b": b} if "b" in text.replace("abs", "") else {"a": a}
    with np.errstate(all="ignore"):
        expected = FUNCTIONS[text](*names.values())
    found = evaluated(text, exact(torch.float64), **{n: torch.tensor(v) for n, v in names.items()}).numpy()
    np.testing.assert_array_equal(found, expected)


def test_a_root_of_any_shape_is_a_root() -> None:
    for shape in ((), (0,), (3, 4)):
        assert square_root(torch.full(shape, 2.25, dtype=torch.float64)).eq(1.5).all()
    rows = torch.arange(12, dtype=torch.float64).reshape(3, 4).T
    np.testing.assert_array_equal(square_root(rows).numpy(), np.sqrt(rows.numpy()))
    assert square_root(torch.tensor([4.0], dtype=torch.float32)).dtype == torch.float32


def test_roots_and_quotients_have_their_derivatives() -> None:
    functions = differentiable(torch.float64, fast_sigmoid())
    x = torch.tensor([0.3, 2.0, 7.5], dtype=torch.float64, requires_grad=True)

    def of(a: Any) -> Any:
        return evaluated("sqrt(a)*2.7/(0.3 + a)", functions, a=a)

    assert torch.autograd.gradcheck(of, x)
    assert torch.autograd.gradgradcheck(of, x)
