"""The equation language: what it accepts, what it refuses and how it says so."""

import math
import re

import numpy as np
import pytest

from neurosim.errors import EquationError
from neurosim.model.equations.expressions import ANY, bounds, check, fold, kind_of, names_in, parse, rename, text_of
from neurosim.model.equations.printers import NumpyPrinter
from neurosim.program.source.statements import ENVIRONMENT


def value(text: str, **names: float) -> float:
    printed = NumpyPrinter(lambda n: n.replace(".", "_"))(parse(text))
    return float(eval(printed, dict(ENVIRONMENT), {n: np.asarray(v) for n, v in names.items()}))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("open(x)", "unknown function 'open'"),
        ("exp(x, 1)", "'exp' takes 1 argument(s), found 2"),
        ("clip(x)", "'clip' takes 3 argument(s), found 1"),
        ("exp", "function 'exp' stands without arguments"),
        ("x.real.imag", "'x.real.imag'"),
        ("x[0]", "Subscript"),
        ("lambda: x", "Lambda"),
        ("[x]", "List"),
        ("'x'", "'x'"),
        ("True", "True"),
        ("1j", "1j"),
        ("x @ y", "operator MatMult"),
        ("x % 2", "operator Mod"),
        ("~x", "operator Invert"),
        ("0 < x < 1", "comparison '0 < x < 1'"),
        ("x is y", "comparison 'x is y'"),
        ("x if y > 0 else 0", "IfExp"),
        ("exp(x=1)", "'exp(x=1)'"),
        ("(x := 1)", "NamedExpr"),
        ("x +", "is not an expression"),
        ("x = 1", "is not an expression"),
        ("", "is not an expression"),
        ("1e999", "a number beyond 1e307"),
        ("1" + "0" * 400, "a number beyond 1e307"),
        ("-" * 19_000 + "x", "is not an expression"),
        ("x\0", "is not an expression"),
    ],
)
def test_refuses_what_is_not_in_the_language_and_says_what_and_where(text: str, found: str) -> None:
    with pytest.raises(EquationError, match=re.escape(found)) as error:
        parse(text, "model M, update of v")
    assert str(error.value).startswith("model M, update of v: ")


def test_an_unknown_function_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(EquationError, match=r"did you mean 'sigmoid'\?"):
        parse("sigmoyd(x)")


def test_an_unknown_name_is_answered_with_the_nearest_one_and_the_place() -> None:
    with pytest.raises(EquationError, match=r"^model M, update of v: unknown name 'drve'.*did you mean 'drive'\?"):
        check("v + drve", {"v", "drive"}, "model M, update of v")


@pytest.mark.parametrize(
    "text", ["x + (y > 0)", "(y > 0)*x", "-(x > 0)", "exp(x > 0)", "(x > 0) < 1", "where(x>0, y>0, 0)"]
)
def test_a_condition_cannot_stand_in_place_of_a_number(text: str) -> None:
    with pytest.raises(EquationError, match=r"is a condition, a number is expected; write where\(condition, 1, 0\)"):
        parse(text)


@pytest.mark.parametrize("text", ["where(x, 1, 0)", "not x", "x and y > 0", "x > 0 or y"])
def test_a_number_cannot_stand_in_place_of_a_condition(text: str) -> None:
    with pytest.raises(EquationError, match="is a number, a condition is expected; compare it with a number"):
        parse(text)


@pytest.mark.parametrize(("text", "kind"), [("x > 0", "condition"), ("not x > 0", "condition"), ("x + 1", "number")])
def test_kind_of_an_expression(text: str, kind: str) -> None:
    assert kind_of(parse(text)) == kind


@pytest.mark.parametrize(("text", "kind"), [("v", "condition"), ("v > 0", "number")])
def test_check_demands_the_kind(text: str, kind: str) -> None:
    with pytest.raises(EquationError, match=f"is not a {kind}"):
        check(text, {"v"}, "model M, spike", kind)


def test_dotted_names_are_one_name() -> None:
    assert names_in(parse("pre.s*post.s - exp(w)")) == {"pre.s", "post.s", "w"}


@pytest.mark.parametrize(
    "text",
    ["a - (b - c)", "a/(b*c)", "(-a)**2", "-a**2", "a**(b**c)", "where(a > 0 and not b < 1, pre.s, -1.5)", "a*(b + c)"],
)
def test_text_of_parses_to_the_same_tree(text: str) -> None:
    tree = parse(text)
    assert text_of(parse(text_of(tree))) == text_of(tree)
    assert value(text_of(tree), a=1.3, b=-0.7, c=2.0, pre_s=0.25) == value(text, a=1.3, b=-0.7, c=2.0, pre_s=0.25)


def test_rename_changes_only_the_names_given() -> None:
    assert text_of(rename(parse("s + exp(t)"), {"s": "pre.s"})) == "pre.s + exp(t)"


@pytest.mark.parametrize(
    ("text", "known", "folded"),
    [
        ("k*x", {"k": 0.0}, "0.0"),
        ("k*x", {"k": 1.0}, "x"),
        ("x + k", {"k": 0.0}, "x"),
        ("x - k", {"k": 0.0}, "x"),
        ("x/k", {"k": 1.0}, "x"),
        ("x**k", {"k": 1.0}, "x"),
        ("a + b*c", {"a": 1.0, "b": 2.0, "c": 3.0}, "7.0"),
        ("-k + x", {"k": 2.0}, "-2.0 + x"),
        ("beta*(target - s)", {"beta": 0.0}, "0.0"),
        ("k - x", {"k": 0.0}, "0.0 - x"),
    ],
)
def test_fold_drops_what_constants_make_void(text: str, known: dict[str, float], folded: str) -> None:
    assert text_of(fold(parse(text), known)) == folded


def test_fold_leaves_functions_and_powers_to_the_place_where_the_equation_runs() -> None:
    assert text_of(fold(parse("exp(k) + k**2"), {"k": 2.0})) == "exp(2.0) + 2.0 ** 2.0"


def test_a_constant_denominator_of_zero_is_refused() -> None:
    with pytest.raises(EquationError, match="divides by a constant that is zero"):
        fold(parse("x/k"), {"k": 0.0})


def test_constants_whose_value_overflows_are_refused() -> None:
    with pytest.raises(EquationError, match="is not a finite number"):
        fold(parse("lr/beta*x"), {"lr": 1e307, "beta": 1e-3})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clip(x, 0, 1)", (0.0, 1.0)),
        ("tanh(x)", (-1.0, 1.0)),
        ("sigmoid(x)", (0.0, 1.0)),
        ("2*step(x) - 1", (-1.0, 1.0)),
        ("sign(x)/4", (-0.25, 0.25)),
        ("where(x > 0, 3, -2)", (-2.0, 3.0)),
        ("abs(b)", (0.0, 2.0)),
        ("minimum(b, 0.5)", (-2.0, 0.5)),
        ("maximum(b, 0.5)", (0.5, 1.0)),
        ("clip(b, -1, 5)", (-1.0, 1.0)),
        ("-b", (-1.0, 2.0)),
        ("b*b", (-2.0, 4.0)),
        ("x", ANY),
        ("x**2", ANY),
        ("1/b", ANY),
        ("0*x", (0.0, 0.0)),
        ("exp(x)", (0.0, math.inf)),
    ],
)
def test_bounds_hold_every_value(text: str, expected: tuple[float, float]) -> None:
    assert bounds(parse(text), {"b": (-2.0, 1.0)}) == expected


def test_on_grid_of_a_bounded_value_keeps_the_bound() -> None:
    assert bounds(parse("on_grid(clip(x, 0, 1), 20)"), {}) == (0.0, 1.0)
