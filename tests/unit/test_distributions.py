"""Distributions: their moments, what is drawn again, their units, and what is refused."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import ModelError
from neurosim.model.distributions import Distribution, values
from neurosim.model.distributions.gaussian import BLOCK
from neurosim.model.fixed import FixedArray
from neurosim.model.randomness import stream
from neurosim.model.units import MILLISECONDS, MILLIVOLTS

MANY = 10**6


def draw(distribution: Distribution, shape: tuple[int, ...] = (MANY,), name: str = "values") -> np.ndarray:
    return distribution.draw(stream(5, name), shape)


@pytest.mark.parametrize(
    ("distribution", "mean", "sd"),
    [
        (ns.uniform("-60 mV", "-50 mV"), -55.0, 10 / math.sqrt(12)),
        (ns.normal("1.62 mV", "0.1 mV"), 1.62, 0.1),
        (ns.lognormal("1.5 ms", "0.5 ms"), 1.5, 0.5),
        (ns.exponential("2 nA"), 2.0, 2.0),
        (ns.gamma(3, "0.5 ms"), 1.5, 0.5 * math.sqrt(3)),
        (ns.choice([1, 2, 4], p=[0.5, 0.25, 0.25]), 2.0, math.sqrt(1.5)),
        (ns.choice([1.0, 3.0]), 2.0, 1.0),
        # a normal distribution cut at its mean: half a normal one
        (ns.normal(0, 1, low=0), math.sqrt(2 / math.pi), math.sqrt(1 - 2 / math.pi)),
    ],
    ids=repr,
)
def test_mean_and_deviation_are_those_that_are_said(distribution: Distribution, mean: float, sd: float) -> None:
    drawn = draw(distribution)
    assert drawn.dtype == np.float64
    assert abs(drawn.mean() - mean) < 5 * sd / math.sqrt(MANY)
    fourth = ((drawn - mean) ** 4).mean()
    assert abs(drawn.var() - sd**2) < 5 * math.sqrt(abs(fourth - sd**4) / MANY) + 1e-4


def test_what_is_outside_of_bounds_is_drawn_again_and_not_moved_to_them() -> None:
    drawn = draw(ns.normal(0, 1, low=-0.5, high=2))
    assert drawn.min() > -0.5
    assert drawn.max() < 2
    assert len(np.unique(drawn)) > MANY - 10
    inside = np.histogram(drawn, bins=[-0.5, 0.5, 1.5])[0]
    expected = math.erf(0.5 / math.sqrt(2)) / ((math.erf(1.5 / math.sqrt(2)) - math.erf(0.5 / math.sqrt(2))) / 2)
    assert inside[0] / inside[1] == pytest.approx(expected, rel=0.02)


def test_values_within_the_bounds_stay_as_they_were() -> None:
    free, bounded = draw(ns.normal(0, 1), (BLOCK + 7,)), draw(ns.normal(0, 1, low=-3), (BLOCK + 7,))
    assert np.array_equal(free[free >= -3], bounded[free >= -3])


@pytest.mark.parametrize(
    ("distribution", "text", "unit"),
    [
        (ns.uniform("-60 mV", "-0.05 V"), "uniform('-60 mV', '-50 mV')", "mV"),
        (ns.normal("1.62 mV", 0.1, low="0 mV"), "normal('1.62 mV', '0.1 mV', low='0 mV')", "mV"),
        (ns.normal(0, 1, high=2), "normal(0, 1, high=2)", "None"),
        (ns.gamma(2, "1 ms"), "gamma(2, '1 ms')", "ms"),
        (ns.exponential("10 nS"), "exponential('0.01 uS')", "uS"),
        (ns.lognormal("1", "0.5"), "lognormal('1', '0.5')", "1"),
        (ns.choice(["1 ms", "2 ms"], p=[0.25, 0.75]), "choice(['1 ms', '2 ms'], p=[0.25, 0.75])", "ms"),
        (ns.choice(range(100)), "choice([0, 1, 2, 3, 4, 5, ... 100 in all])", "None"),
    ],
)
def test_a_distribution_is_told_by_its_call(distribution: Distribution, text: str, unit: str) -> None:
    assert (repr(distribution), str(distribution.dimension)) == (text, unit)
    if "..." not in text:
        assert eval(f"ns.{text}", {"ns": ns}) == distribution


def test_the_same_seed_and_name_give_the_same_values() -> None:
    one, again, other = (draw(ns.gamma(2, 1), (100,), name) for name in ("a", "a", "b"))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("given", [5, 5.0, np.float32(5), np.array(5), "5 ms", "0.005 s", Fraction(5)])
def test_one_for_all_is_a_number(given: object) -> None:
    found = values(given, stream(0, "x"), (3,), MILLISECONDS, "delay")  # type: ignore[arg-type]
    assert (found, type(found)) == (5.0, float)


@pytest.mark.parametrize(
    "given", [[5, 6, 7], np.array([5, 6, 7]), ["5 ms", "0.006 s", 7], FixedArray.of([5, 6, 7], "x"), (5.0, 6.0, 7.0)]
)
def test_one_for_each_is_an_array(given: object) -> None:
    found = values(given, stream(0, "x"), (3,), MILLISECONDS, "delay")  # type: ignore[arg-type]
    assert np.array_equal(found, [5.0, 6.0, 7.0])


def test_a_distribution_is_drawn_in_the_shape_that_is_asked_for() -> None:
    found = values(ns.uniform("1 ms", "2 ms"), stream(0, "x"), (3, 2), None, "delay")
    assert isinstance(found, np.ndarray)
    assert found.shape == (3, 2)


@pytest.mark.parametrize("distribution", [ns.normal(1, 0.5, low=0), ns.lognormal(1, 1)], ids=repr)
def test_memory_is_that_of_the_values(distribution: Distribution) -> None:
    tracemalloc.start()
    try:
        drawn = draw(distribution, (10**7,))
        assert tracemalloc.get_traced_memory()[1] < 1.1 * drawn.nbytes
    finally:
        tracemalloc.stop()


def given(value: object, shape: tuple[int, ...] = (3,)) -> Callable[[], object]:
    return lambda: values(value, stream(0, "x"), shape, MILLIVOLTS, "population e: v")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ns.uniform("5 mV", "-5 mV"), "uniform: low = 5, high = -5; expected low below high"),
        (
            lambda: ns.uniform("5 mV", "6 ms"),
            "uniform: high = '6 ms': a unit of ms; expected one of mV, as low = '5 mV'",
        ),
        (lambda: ns.uniform("5 foo", 6), "uniform: low = '5 foo': there is no unit foo"),
        (lambda: ns.uniform(None, 6), "uniform: low = None; expected a finite number"),
        (lambda: ns.uniform(0, math.inf), "uniform: high = inf; expected a finite number"),
        (lambda: ns.uniform(True, 6), "uniform: low = True; expected a finite number"),
        (lambda: ns.normal("5 mV", 0), "normal: sd = 0; expected a number above 0"),
        (lambda: ns.normal("5 mV", "1 mV", low="1 ms"), "normal: low = '1 ms': a unit of ms; expected one of mV"),
        (lambda: ns.normal(0, 1, low=2, high=1), "normal: low = 2, high = 1; expected low below high"),
        (lambda: ns.normal(0, 1, low=4), "0.00% of all values lie within the bounds"),
        (lambda: ns.lognormal("-1 ms", "1 ms"), "lognormal: mean = -1; expected a number above 0"),
        (lambda: ns.lognormal("1 ms", 0), "lognormal: sd = 0; expected a number above 0"),
        (lambda: ns.exponential(0), "exponential: mean = 0; expected a number above 0"),
        (lambda: ns.gamma("2 ms", "1 ms"), "gamma: shape = '2 ms': a unit of ms; expected one of 1"),
        (lambda: ns.gamma(2, -1), "gamma: scale = -1; expected a number above 0"),
        (lambda: ns.choice([]), "choice: values have shape (0,); expected a list of at least one"),
        (lambda: ns.choice("5 ms"), "choice: values '5 ms'; expected a list"),
        (lambda: ns.choice(["5 ms", "5 mV"]), "units of mV and ms; expected units of one dimension"),
        (lambda: ns.choice([1, 2], p=[1]), "choice: p has shape (1,); expected (2,)"),
        (lambda: ns.choice([1, 2], p=[0.5, 0.6]), "choice: p from 0.5 with sum 1.1; expected 0 or above, with sum 1"),
        (lambda: ns.choice([1, 2], p=[-0.5, 1.5]), "choice: p from -0.5 with sum 1"),
        (given(ns.uniform("1 ms", "2 ms")), "population e: v = uniform('1 ms', '2 ms'): a unit of ms; expected one of"),
        (given("5 ms"), "population e: v = '5 ms': a unit of ms; expected one of mV"),
        (given(["5 ms"] * 3), "a unit of ms; expected one of mV"),
        (given([1.0, 2.0]), "population e: v has shape (2,); expected (3,), or one number for all"),
        (given(np.zeros((3, 1))), "population e: v has shape (3, 1); expected (3,)"),
        (given([1.0, math.nan, 2.0]), "population e: v has values that are not finite"),
        (given(ns.uniform), "or a distribution such as ns.uniform(low, high), called with its arguments"),
        (given(None), "population e: v = None; expected a number, a text with a unit, an array of shape (3,)"),
        (given({"v": 1}), "population e: v = {'v': 1}; expected a number"),
        (given("v"), "population e: v = 'v'; expected a number and a unit, such as '20 mV'"),
    ],
)
def test_what_is_no_distribution_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ModelError) as refused:
        call()
    assert message in str(refused.value)
