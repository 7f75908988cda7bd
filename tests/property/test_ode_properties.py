"""Expressions that are taken apart mean what they meant; lines mean the same however they are laid out."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import neurosim as ns
from neurosim.model.equations.derived import evaluate
from neurosim.model.equations.expressions import parse
from neurosim.model.ode.integrators.affine import affine

CONSTANTS = st.sampled_from(["a", "b", "2.0", "0.5", "exp(a)"])
VARIABLES = st.sampled_from(["x", "y"])


def grown(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(parts, st.sampled_from("+-*/"), parts).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        parts.map(lambda t: f"-({t})"),
    )


EXPRESSIONS = st.recursive(st.one_of(CONSTANTS, VARIABLES), grown, max_leaves=8)
VALUES = st.fixed_dictionaries({n: st.floats(0.25, 4) for n in ("a", "b", "x", "y")})


@given(EXPRESSIONS, VALUES)
def test_a_sum_of_coefficients_times_variables_is_the_expression(text: str, values: dict[str, float]) -> None:
    tree = parse(text)
    parts = affine(tree, {"x", "y"})
    assume(parts is not None)
    try:
        expected = evaluate(tree, values)
    except ZeroDivisionError:
        return
    terms = [evaluate(c, values) * values[n] for n, c in parts.coefficients.items()]
    rest = 0.0 if parts.rest is None else evaluate(parts.rest, values)
    scale = max(map(abs, [*terms, rest, expected, 1.0]))
    assert math.fsum([*terms, rest]) == pytest.approx(expected, abs=1e-9 * scale)


@given(EXPRESSIONS)
def test_coefficients_read_no_variable(text: str) -> None:
    from neurosim.model.equations.expressions import names_in

    parts = affine(parse(text), {"x", "y"})
    assume(parts is not None)
    trees = [*parts.coefficients.values(), *([] if parts.rest is None else [parts.rest])]
    assert all(names_in(tree).isdisjoint({"x", "y"}) for tree in trees)


@given(st.lists(st.sampled_from([" ", "\n   ", "  # what follows\n"]), min_size=4, max_size=4))
def test_a_line_means_the_same_wherever_it_is_broken(gaps: list[str]) -> None:
    first, second, third, fourth = gaps
    model = ns.ode(f"dx/dt ={first}(a{second}- x){third}/tau{fourth}", params={"a": 1, "tau": 2}, output="x")
    assert model == ns.ode("dx/dt = (a - x) /tau", params={"a": 1, "tau": 2}, output="x")
