"""Expressions as NumPy source."""

import numpy as np
import pytest

from neurosim.model.equations.expressions import parse
from neurosim.model.equations.printers import NumpyPrinter, Printer
from neurosim.program.source.statements import ENVIRONMENT

X = np.array([-2.0, -0.3, 0.0, 0.4, 3.0])


def evaluated(text: str) -> np.ndarray:
    return np.asarray(eval(NumpyPrinter(lambda n: n)(parse(text)), dict(ENVIRONMENT), {"x": X}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clip(x, -1, 1)", np.clip(X, -1, 1)),
        ("sigmoid(x)", 1 / (1 + np.exp(-X))),
        ("step(x)", np.array([0, 0, 1, 1, 1])),
        ("sign(x)", np.array([-1, -1, 0, 1, 1])),
        ("where(x > 0 and not x > 1, 5, -5)", np.array([-5, -5, -5, 5, -5])),
        ("where(x < -1 or x == 0, 1, 0)", np.array([1, 0, 1, 0, 0])),
        ("where(x != 0, 1, 0)", np.array([1, 1, 0, 1, 1])),
        ("minimum(x, 0) + maximum(x, 1)", np.minimum(X, 0) + np.maximum(X, 1)),
        ("floor(x)", np.floor(X)),
        ("abs(x)*sqrt(abs(x))", np.abs(X) * np.sqrt(np.abs(X))),
        ("-x**2", -(X * X)),
        ("x - (x - 1)", X - (X - 1)),
        ("2/(4/2)*x", X),
        ("on_grid(x, 1)", np.array([-2.0, -0.5, 0.0, 0.5, 3.0])),
        ("floor_to_grid(x + 0.75, 1)", np.floor(2 * (X + 0.75)) / 2),
        ("truncate_to_grid(x + 0.75, 1)", np.trunc(2 * (X + 0.75)) / 2),
        ("wrap(x, 2)", np.array([2.0, -0.3, 0.0, 0.4, -1.0])),
        ("single(x/3)", (X / 3).astype(np.float32).astype(np.float64)),
    ],
)
def test_the_numpy_text_computes_the_expression(text: str, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(evaluated(text), expected)


def test_not_of_a_condition_of_constants_is_its_opposite() -> None:
    np.testing.assert_array_equal(evaluated("where(not 0 < 1, x, 7)"), 7)


def test_on_grid_rounds_halves_upwards() -> None:
    x = np.array([0.25, -0.25, 0.75])
    printed = NumpyPrinter(lambda n: n)(parse("on_grid(x, 1)"))
    np.testing.assert_array_equal(eval(printed, dict(ENVIRONMENT), {"x": x}), [0.5, 0.0, 1.0])


@pytest.mark.parametrize("power", [2, 3, 4])
def test_small_whole_powers_are_products(power: int) -> None:
    assert NumpyPrinter(lambda n: n)(parse(f"x**{power}")) == "(" + "*".join(["x"] * power) + ")"


def test_every_operation_stands_in_parentheses_so_that_the_order_is_fixed() -> None:
    assert NumpyPrinter(lambda n: n)(parse("a + b + c*d")) == "((a+b)+(c*d))"


def test_a_negated_summand_is_subtracted() -> None:
    assert NumpyPrinter(lambda n: n)(parse("-a + b")) == "(b-a)"
    np.testing.assert_array_equal(evaluated("-x**2 + (x + 1)"), (X + 1) - X * X)


def test_clip_keeps_nan_and_its_upper_limit_wins() -> None:
    x = np.array([np.nan, 0.5, 3.0])
    for text, expected in (("clip(x, 0, 1)", [np.nan, 0.5, 1.0]), ("clip(x, 2, 1)", [np.nan, 1.0, 1.0])):
        found = eval(NumpyPrinter(str)(parse(text)), dict(ENVIRONMENT), {"x": x})
        np.testing.assert_array_equal(found, expected)


def test_names_are_spelled_as_the_target_wants() -> None:
    assert Printer(lambda n: f"<{n}>")(parse("pre.s*w")) == "(<pre.s>*<w>)"


def test_negative_numbers_stand_in_parentheses() -> None:
    assert Printer(lambda n: n).number(-2.0) == "(-2.0)"
