"""Convolutions and pools as connectivity: which synapses there are, which weight each has, and what is refused."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import ModelError
from neurosim.model.connectivity import SharedWeights
from neurosim.model.learning import ArrivalSTDP


def delivered(c: SharedWeights, weights: np.ndarray, output: np.ndarray) -> np.ndarray:
    wiring = c.indices(prod(c.shape), prod(c.out_shape), "here")
    assert wiring.share is not None
    terms = weights.take(wiring.share) * output.ravel()[wiring.pre]
    return np.bincount(wiring.post, terms, prod(c.out_shape)).reshape(c.out_shape)


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"),
    [((1, 1), (0, 0), (1, 1), 1), ((2, 1), (1, 2), (1, 2), 2), ((3, 2), (2, 0), (2, 1), 4)],
)
def test_a_convolution_is_that_of_its_formula(
    stride: tuple[int, int], padding: tuple[int, int], dilation: tuple[int, int], groups: int
) -> None:
    random = np.random.default_rng(0)
    c = ns.Conv2d((4, 7, 9), 8, (3, 2), stride, padding, dilation, groups)
    w, x = random.random(c.kernel), random.random(c.shape)
    padded = np.pad(x, [(0, 0), *((p, p) for p in padding)])
    expected = np.zeros(c.out_shape)
    for o, y, z in np.ndindex(*c.out_shape):
        first = o // (8 // groups) * c.kernel[1]
        for i, k, m in np.ndindex(*c.kernel[1:]):
            row, column = y * stride[0] + k * dilation[0], z * stride[1] + m * dilation[1]
            expected[o, y, z] += w[o, i, k, m] * padded[first + i, row, column]
    np.testing.assert_allclose(delivered(c, w, x), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "c",
    [
        ns.Conv1d((3, 11), 4, 3, 2, "valid", 2),
        ns.Conv2d((2, 5, 6), 4, 4, padding="same"),
        ns.SumPool2d((3, 6, 5), (2, 3), 1, (1, 0)),
        ns.Flatten((2, 3)),
    ],
)
def test_synapses_are_in_the_order_of_rows_and_the_json_is_that_of_an_equal_network(c: SharedWeights) -> None:
    wiring = c.indices(prod(c.shape), prod(c.out_shape), "here")
    assert wiring.row_order() is None
    populations = [ns.Population("x", prod(c.shape), ns.Clamp), ns.Population("y", prod(c.out_shape), ns.RateUnit)]
    network = ns.Network(populations, [ns.Projection("w", "x", "y", connectivity=c)])
    assert ns.Network.from_json(network.to_json(), network.arrays()) == network
    assert network.learned()["w.w"].shape == c.kernel


def test_pools_have_the_weight_of_sums_and_means() -> None:
    x = np.arange(16.0).reshape(1, 4, 4)
    assert delivered(ns.SumPool2d((1, 4, 4), 2), np.ones(1), x).ravel().tolist() == [10.0, 18.0, 42.0, 50.0]
    assert (ns.SumPool2d((1, 4, 4), 2).initial, ns.AvgPool2d((1, 4, 4), 2).initial) == (1.0, 0.25)


def test_a_population_of_another_size_is_told_what_is_expected() -> None:
    c = ns.Conv2d((1, 8, 8), 4, 3)
    with pytest.raises(ModelError, match="its target has 100, expected 144"):
        ns.Network(
            [ns.Population("x", 64, ns.Clamp), ns.Population("y", 100, ns.RateUnit)],
            [ns.Projection("w", "x", "y", connectivity=c)],
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((1, 8, 8), 4, 9), "expected a kernel that fits in"),
        (((3, 8, 8), 4, 3, 1, 0, 1, 2), "groups 2; expected a divisor of the 3 channels"),
        (((8, 8), 4, 3), "expected \\(channels, height, width\\)"),
        (((1, 8, 8), 4, 3, 2, "same"), "expected stride 1"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        ns.Conv2d(*arguments)  # type: ignore[arg-type]


def test_a_rule_with_a_trace_of_each_synapse_is_refused_where_synapses_share() -> None:
    c = ns.Conv2d((1, 4, 4), 1, 3)
    network = ns.Network(
        [ns.Population("x", 16, ns.SpikeInput), ns.Population("y", 4, ns.TracedLIF)],
        [ns.Projection("w", "x", "y", ns.Traced, [ArrivalSTDP], connectivity=c)],
    )
    with pytest.raises(ModelError, match="depends on 'trace', which the rule writes for each synapse"):
        ns.lower(network, ns.Schedule([ns.Phase("run", 3)], stimuli={"x.x": "events"}))
