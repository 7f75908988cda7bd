"""Parts that a statement repeats are computed once, and nothing else changes."""

import ast
from collections.abc import Callable

import numpy as np
import pytest

from neurosim.program.source.sharing import share_parts


def shared(text: str) -> str:
    tree = ast.parse(text)
    share_parts(tree)
    return ast.unparse(ast.fix_missing_locations(tree))


def calls(text: str, **names: object) -> tuple[int, dict[str, object]]:
    """How often `f` is called, and what the names then stand for."""
    arguments: list[object] = []

    def f(x: object) -> object:
        arguments.append(x)
        return x

    scope = {"f": f, **names}
    exec(shared(text), scope)
    return len(arguments), scope


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("y = f(x)*f(x)", 1),
        ("y = f(x) + g(f(x), f(x))", 1),
        ("y, z = 2*f(x), 3*f(x)", 1),
        ("y = f(f(x) + 1)*f(f(x) + 1) - f(x)", 2),
        ("y = f(x)*f(x + 1)", 2),
        ("y = f(x)\nz = f(x)", 2),
    ],
)
def test_a_part_is_computed_once_in_a_statement(text: str, times: int) -> None:
    x = np.array([2.0, 3.0])
    found, scope = calls(text, x=x, g=lambda a, b: a - 2 * b)
    assert found == times
    expected: dict[str, object] = {"x": x, "f": lambda a: a, "g": lambda a, b: a - 2 * b}
    exec(text, expected)
    for name in {"y", "z"} & set(expected):
        np.testing.assert_array_equal(scope[name], expected[name])  # type: ignore[arg-type]


def test_statements_of_loops_and_conditions_are_gone_through() -> None:
    text = "for k in range(3):\n    if k:\n        y = f(k) + f(k)\n    else:\n        y = f(7)*f(7)"
    assert calls(text)[0] == 3


def test_two_variables_never_become_one_array() -> None:
    text = "a, b = x + 1, x + 1"
    assert shared(text) == "a, b = (x + 1, x + 1)"
    scope: dict[str, Callable[[], object] | object] = {"x": np.zeros(2)}
    exec(shared(text), scope)
    assert scope["a"] is not scope["b"]


@pytest.mark.parametrize(
    "text", ["y = p.recv() + p.recv()", "y = [f(one) for one in x] + [f(one) * f(one) for one in x]", "y = x + x"]
)
def test_what_may_have_an_effect_or_differs_from_turn_to_turn_stays(text: str) -> None:
    assert shared(text) == ast.unparse(ast.parse(text))
