"""Units at the edge."""

from __future__ import annotations

import sys

import pytest

from neurosim.errors import ModelError
from neurosim.model.units import MILLISECONDS, MILLIVOLTS, Dimension, inside, quantity


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("20 mV", 20.0, "mV"),
        ("0.02 V", 20.0, "mV"),
        ("-49e-3V", -49.0, "mV"),
        ("15 Hz", 0.015, "1/ms"),
        ("10 nS", 0.01, "uS"),
        ("1 siemens", 1e6, "uS"),
        ("200 pF", 0.2, "nF"),
        ("50 MOhm", 50.0, "MOhm"),
        ("0.1 s", 100.0, "ms"),
        ("250 pA", 0.25, "nA"),
        ("20 mV/ms", 20.0, "mV/ms"),
        ("1 mM", 1.0, "mM"),
        ("100 um", 100.0, "um"),
        ("36 msiemens/cm**2", 0.00036, "nA/mV/um**2"),
        ("0.5", 0.5, "1"),
        ("36 degC", 309.15, "K"),
    ],
)
def test_a_text_is_converted_in_decimals(text: str, value: float, unit: str) -> None:
    found = quantity(text, "x =")
    assert (found.value, str(found.dimension)) == (value, unit)


@pytest.mark.parametrize(
    ("current", "conductance", "voltage"), [("1 nA", "1 uS", "1 mV"), ("1 pA", "1 nS", "1 mV"), ("1 nA", "1 nS", "1 V")]
)
def test_units_inside_go_together(current: str, conductance: str, voltage: str) -> None:
    i, g, v = (quantity(text, "x =") for text in (current, conductance, voltage))
    assert g.dimension is not None
    assert v.dimension is not None
    assert (i.value, i.dimension) == (g.value * v.value, g.dimension * v.dimension)


def test_a_number_is_in_the_expected_unit() -> None:
    assert inside(5, MILLISECONDS, "x =") == 5.0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("20 mV", "x = '20 mV': a unit of mV; expected one of ms"),
        ("20 foo", "x = '20 foo': there is no unit foo; expected one such as mV, ms or nS"),
        ("mV", "x = 'mV'; expected a number and a unit, such as '20 mV'"),
        ("12 mV 3", "x = '12 mV 3'; expected a number and a unit, such as '20 mV'"),
        ("__import__('os')", "expected a number and a unit"),
        ("1e400 mV", "expected a finite number"),
        ("1 lx", "a unit of luminosity, which no equation has"),
        (None, "x = None; expected a finite number"),
    ],
)
def test_what_is_no_time_is_refused(given: object, message: str) -> None:
    with pytest.raises(ModelError) as refused:
        inside(given, MILLISECONDS, "x =")
    assert message in str(refused.value)


def test_dimensions_multiply_and_cancel() -> None:
    assert MILLIVOLTS / MILLISECONDS * MILLISECONDS == MILLIVOLTS
    assert Dimension() == MILLIVOLTS**0


def test_numbers_need_no_pint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pint", None)
    assert quantity(20, "x =").value == 20.0
