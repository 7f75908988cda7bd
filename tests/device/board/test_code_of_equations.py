"""Code computes what its equation says, within the bounds that it tells; the example of a device executes it."""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.device.board.words.code import term_of
from neurosim.device.board.words.operations import Operation
from neurosim.device.board.words.term import Term
from neurosim.errors import UnsupportedFeature
from neurosim.model.equations.expressions import parse

ROOT = Path(__file__).parents[3]
PLACES = {"a": 18, "b": 12, "c": 0}


def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_device", ROOT / "firmware" / "examples" / "device.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DEVICE = example().Device()


def variable(name: str) -> Term:
    slot = list(PLACES).index(name)
    return Term((Operation.SLOT.word(slot),), PLACES[name], -(2**23), 2**23)


def computed(text: str, numbers: list[int]) -> tuple[Fraction, Term]:
    """The value that the code of an expression gives for these numbers of a, b and c, and its term."""
    term = term_of(parse(text), variable)
    now = np.array(numbers, np.int64)[:, None]
    found = int(np.broadcast_to(DEVICE.value(now, [*term.words, Operation.END]), 1)[0])
    assert term.low <= found <= term.high
    return Fraction(found, 2**term.places), term


NUMBERS = st.lists(st.integers(-(2**23), 2**23), min_size=3, max_size=3)

EXPRESSIONS = {
    "a + b - 0.25*c": lambda a, b, c: a + b - c / 4,
    "minimum(a, b)": min,
    "clip(a, -1.5, 1.5)": lambda a, b, c: max(min(a, Fraction(3, 2)), Fraction(-3, 2)),
    "floor(a)": lambda a, b, c: Fraction(a.__floor__()),
    "floor_to_grid(a, 4)": lambda a, b, c: Fraction((a * 16).__floor__(), 16),
    "truncate_to_grid(a*b, 6)": lambda a, b, c: Fraction((a * b * 64).__trunc__(), 64),
    "on_grid(a, 3)": lambda a, b, c: Fraction((a * 8 + Fraction(1, 2)).__floor__(), 8),
    "where(a > b and not c == 0.0, a, c)": lambda a, b, c: a if a > b and c != 0 else c,
    "where(a <= 0.0 or b >= 1.0, abs(b), sign(a))": lambda a, b, c: (
        abs(b) if a <= 0 or b >= 1 else Fraction((a > 0) - (a < 0))
    ),
    "step(a)*c": lambda a, b, c: c if a >= 0 else Fraction(0),
}


@pytest.mark.parametrize("text", EXPRESSIONS)
@given(numbers=NUMBERS)
def test_code_is_its_equation(text: str, numbers: list[int]) -> None:
    values = [Fraction(n, 2**places) for n, places in zip(numbers, PLACES.values(), strict=True)]
    operands = values[:2] if text.startswith("min") else values
    assert computed(text, numbers)[0] == EXPRESSIONS[text](*operands)


@pytest.mark.parametrize(
    ("number", "expected"), [(2**23, 2**23), (-(2**23), 2**23), (2**23 + 1, -(2**23) + 1), (-(2**23) + 1, -(2**23) + 1)]
)
def test_a_register_that_wraps_holds_its_upper_end(number: int, expected: int) -> None:
    assert computed("wrap(a, 32.0)", [number, 0, 0])[0] == Fraction(expected, 2**18)


@pytest.mark.parametrize("text", ["exp(a)", "a/b", "a**b", "tanh(c)", "sqrt(abs(a))"])
def test_what_whole_numbers_do_not_have_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedFeature, match="in whole numbers"):
        term_of(parse(text), variable)


@pytest.mark.parametrize("text", ["a*a*b", "a*1e300", "a + 1e-300"])
def test_numbers_of_more_than_63_bits_are_refused(text: str) -> None:
    with pytest.raises(UnsupportedFeature):
        term_of(parse(text), variable)
