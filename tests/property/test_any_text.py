"""Whatever text stands in place of an equation, it is refused as one, or it lowers, prints and runs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import EquationError, NumericalError
from neurosim.model.equations.expressions import FUNCTIONS
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, NeuronModel
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import FixedPoint, Float32, Float64, Grid, Precision
from neurosim.program.schedule import Phase, Schedule, Trials

TOKENS = [
    "s", "drive", "k", "pre.s", "x", "0", "1", "2", "0.5", "1e300", "5e-324", "1e999", "9" * 320, "0x10", "1_0", "1j",
    "+", "-", "*", "/", "**", "<", "<=", "==", "!=", "and", "or", "not", "(", ")", ",", "(s", "s)", "(1)", "[", "]",
    "lambda", "if", "else", "is", "in", ".", ":", ";", ":=", "%", "//", "@", "~", "'", '"', "\\", "#", "\n", "\t", "\0",
    "self", "True", "None", "é", "\U0001d460", *FUNCTIONS, *(f"{f}(" for f in FUNCTIONS),
]  # fmt: skip
"""Parts of equations, and of what only looks like one."""

texts = st.lists(st.sampled_from(TOKENS), min_size=1, max_size=14).map(lambda parts: " ".join(parts))


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    calls = st.sampled_from(sorted(FUNCTIONS)).flatmap(
        lambda f: st.tuples(*[inner] * FUNCTIONS[f]).map(lambda a: f"{f}({', '.join(a)})")
    )
    binary = st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**", "<", "==", "and", "or"]), inner)
    return st.one_of(calls, binary.map(lambda p: f"({' '.join(p)})"), inner.map(lambda a: f"-{a}"), inner)


well_formed = st.recursive(
    st.sampled_from(["s", "k", "drive", "0", "1", "2", "-3", "0.5", "1e300", "5e-324"]), _grown, max_leaves=12
)
"""Equations, most of them of the right kind, with numbers that overflow and vanish."""


def run_with(text: str, precision: Precision | None = None) -> None:
    model = NeuronModel("M", state={"s": 0.5}, params={"k": 2.0}, update={"s": text}, output="clip(s, 0, 1)")
    network = Network([Population("a", 2, Clamp), Population("b", 3, model)], [Projection("p", "a", "b")])
    program = lower(network, Schedule([Phase("run", 1)], [], {"a.s": "constant"}), precision=precision)
    with ReferenceBackend().compile(program) as session:
        session.run(Trials({"a.s": np.ones((2, 2))}))


def accepted(text: str, precision: Precision | None = None) -> bool:
    try:
        run_with(text, precision)
    except EquationError:
        return False
    except NumericalError:  # it ran
        pass
    return True


@settings(max_examples=500)
@given(texts)
def test_tokens_in_any_order_are_refused_or_run(text: str) -> None:
    accepted(text)


@settings(max_examples=200)
@given(well_formed, st.sampled_from([Float64(), Float32(), Grid(), FixedPoint()]))
def test_an_equation_is_refused_or_runs_in_every_number_format(text: str, precision: Precision) -> None:
    accepted(text, precision)


@pytest.mark.parametrize("n", [1, 40, 90, 150, 900, 30_000])
@pytest.mark.parametrize("precision", [Float64(), FixedPoint()])
@pytest.mark.parametrize(
    "grow",
    [
        lambda n: "-" * n + "s",
        lambda n: "+".join(["s"] * n),
        lambda n: "s**2" + "**2" * n,
        lambda n: "(" * n + "s" + ")**2" * n,
        lambda n: "where(" + "not " * n + "s > 0, 1, 0)",
        lambda n: "where(" + " and ".join(["s > 0"] * n) + ", 1, 0)",
        lambda n: "abs(" * n + "s" + ")" * n,
        lambda n: "wrap(" * n + "s" + ", 2)" * n,
        lambda n: "sigmoid(" * n + "s" + ")" * n,
        lambda n: "where(s > 0, " * n + "s" + ", 1)" * n,
        lambda n: "[" * n,
        lambda n: "{" * n,
        lambda n: "lambda: " * n + "s",
        lambda n: "9" * n,
        lambda n: "s" + ".s" * n,
    ],
)
def test_deep_and_long_equations_are_refused_or_run(n: int, precision: Precision, grow) -> None:
    accepted(grow(n), precision)


@pytest.mark.parametrize("text", ["-" * 90 + "s", "+".join(["s"] * 90), "abs(" * 90 + "s" + ")" * 90])
def test_ninety_operations_within_each_other_run(text: str) -> None:
    assert accepted(text)
