"""The value of an expression for arrays is that of the same expression for each number."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.model.equations.array_values import array_value
from neurosim.model.equations.derived import evaluate
from neurosim.model.equations.expressions import FUNCTIONS, check

X = np.array([-2.75, -1.0, -0.5, 0.0, 0.125, 0.5, 1.0, 3.3])

NUMBERS = (
    "x + 2*y - x/y", "-x**2", "2**x", "exp(x)", "log(x + 3)", "sqrt(x + 3)", "tanh(x)", "sigmoid(x)", "abs(x)",
    "sign(x)",
    "step(x)", "floor(x)", "minimum(x, y)", "maximum(x, y)", "clip(x, -1, y)", "where(x > y, x, 0)",
    "where(not x > 0 and y == 0.5, 1, 2)", "where(x < -1 or x >= 1 or x != x, 1, 2)", "where(x <= 0, 1, 2)",
    "on_grid(x, 3)", "floor_to_grid(x, 2)", "truncate_to_grid(x, 1)", "wrap(x, 1)", "single(x)", "3.5",
)  # fmt: skip


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_is_computed_element_by_element(text: str) -> None:
    tree = check(text, {"x", "y"}, "test")
    found = np.broadcast_to(array_value(tree, {"x": X, "y": 0.5}), X.shape)
    assert found.tolist() == pytest.approx([evaluate(tree, {"x": x, "y": 0.5}) for x in X.tolist()], rel=1e-15)


@pytest.mark.parametrize("text", ["x > y", "not x > y", "x > y and x < 2", "x == 0"])
def test_a_condition_gives_truth_values(text: str) -> None:
    tree = check(text, {"x", "y"}, "test", kind="condition")
    found = array_value(tree, {"x": X, "y": 0.5})
    assert found.dtype == bool
    assert found.tolist() == [bool(evaluate(tree, {"x": x, "y": 0.5})) for x in X.tolist()]


def test_what_has_no_value_is_none() -> None:
    assert np.isnan(array_value(check("log(x)", {"x"}, "test"), {"x": X[:1]})).all()
    assert np.isinf(array_value(check("1/x", {"x"}, "test"), {"x": np.zeros(1)})).all()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_of_the_language_is_tried(function: str) -> None:
    assert any(f"{function}(" in text for text in NUMBERS)
