"""Convolutions and pools as projections, against sums over windows written by hand."""

from __future__ import annotations

import time
from itertools import product

import numpy as np
import pytest
from nir_graphs import chain, lif, node, source

import neurosim as ns
from neurosim.errors import InputError
from neurosim.interchange.nir import Graph, Node

RNG = np.random.default_rng(0)


def matrix(graph: Graph, projection: str = "c") -> np.ndarray:
    """What a projection does to its input, of shape (inputs, outputs)."""
    imported = ns.nir.read(graph)
    j = imported.network[projection]
    pre, post = (imported.network.population(n).size for n in (j.pre, j.post))
    found = np.zeros((pre, post))
    wiring = imported.network.wiring(projection)
    if wiring is None:
        return np.asarray(imported.weights[f"{projection}.w"])
    np.add.at(found, (wiring.pre, wiring.post), imported.weights[f"{projection}.w"])
    return found


def convolved(x: np.ndarray, w: np.ndarray, stride: tuple, padding: tuple, dilation: tuple, groups: int) -> np.ndarray:
    """out[o, y, x] = sum of w[o, i, a, b] in[i, y*s + a*d - p, ...]; padding before and behind by axis."""
    axes = x.ndim - 1
    padded = np.pad(x, [(0, 0), *padding])
    out = [
        (n - d * (k - 1) - 1) // s + 1
        for n, d, k, s in zip(padded.shape[1:], dilation, w.shape[2:], stride, strict=True)
    ]
    found = np.zeros((w.shape[0], *out))
    for o, place in product(range(w.shape[0]), product(*map(range, out))):
        for i, at in product(range(w.shape[1]), product(*map(range, w.shape[2:]))):
            channel = o // (w.shape[0] // groups) * w.shape[1] + i
            where = tuple(place[k] * stride[k] + at[k] * dilation[k] for k in range(axes))
            found[(o, *place)] += w[(o, i, *at)] * padded[(channel, *where)]
    return found


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"),
    [
        ((1, 1), (0, 0), (1, 1), 1),
        ((2, 1), (1, 2), (1, 1), 1),
        ((1, 2), (2, 1), (2, 1), 2),
        ((3, 3), (1, 1), (1, 2), 4),
    ],
)
def test_conv2d_sums_over_its_window(stride: tuple, padding: tuple, dilation: tuple, groups: int) -> None:
    w, x = RNG.normal(size=(4, 4 // groups, 3, 2)), RNG.normal(size=(4, 6, 5))
    expected = convolved(x, w, stride, [(p, p) for p in padding], dilation, groups)
    conv = node("Conv2d", input_shape=[6, 5], weight=w, bias=np.arange(4.0), stride=stride, padding=padding,
                dilation=dilation, groups=groups)  # fmt: skip
    graph = chain(x=source(4, 6, 5), c=conv, h=lif(expected.size))
    np.testing.assert_allclose(x.ravel() @ matrix(graph), expected.ravel(), atol=1e-12)
    bias = ns.nir.read(graph).weights["h.bias"].reshape(expected.shape)
    assert (bias == np.arange(4.0)[:, None, None]).all()


def test_conv1d_sums_over_its_window() -> None:
    w, x = RNG.normal(size=(3, 2, 3)), RNG.normal(size=(2, 9))
    conv = node("Conv1d", input_shape=9, weight=w, bias=np.zeros(3), stride=2, padding=1, dilation=2, groups=1)
    expected = convolved(x, w, (2,), [(1, 1)], (2,), 1)
    found = x.ravel() @ matrix(chain(x=source(2, 9), c=conv, h=lif(expected.size)))
    np.testing.assert_allclose(found, expected.ravel())


def test_padding_that_keeps_the_size_has_the_more_behind() -> None:
    w, x = RNG.normal(size=(1, 1, 2, 4)), RNG.normal(size=(1, 5, 5))
    conv = node(
        "Conv2d", input_shape=[5, 5], weight=w, bias=np.zeros(1), stride=1, padding="same", dilation=1, groups=1
    )
    expected = convolved(x, w, (1, 1), [(0, 1), (1, 2)], (1, 1), 1)
    assert expected.shape == x.shape
    np.testing.assert_allclose(x.ravel() @ matrix(chain(x=source(1, 5, 5), c=conv, h=lif(25))), expected.ravel())


@pytest.mark.parametrize(("kind", "each"), [("SumPool2d", 1.0), ("AvgPool2d", 1 / 6)])
def test_pools_sum_or_average(kind: str, each: float) -> None:
    x = RNG.normal(size=(2, 6, 4))
    pool = node(kind, kernel_size=[3, 2], stride=[3, 2], padding=[0, 0])
    expected = x.reshape(2, 2, 3, 2, 2).sum((2, 4)) * each
    found = x.ravel() @ matrix(chain(x=source(2, 6, 4), c=pool, h=lif(8)))
    np.testing.assert_allclose(found, expected.ravel())


def test_a_pool_a_flattening_and_a_matrix_are_one_projection() -> None:
    x, w = RNG.normal(size=(1, 4, 4)), RNG.normal(size=(3, 4))
    pool = node("SumPool2d", kernel_size=[2, 2], stride=[2, 2], padding=[0, 0])
    flat = node("Flatten", input_type=[1, 2, 2], start_dim=0, end_dim=-1)
    graph = chain(x=source(1, 4, 4), p=pool, f=flat, w=node("Linear", weight=w), h=lif(3))
    expected = w @ x.reshape(2, 2, 2, 2).sum((1, 3)).ravel()
    np.testing.assert_allclose(x.ravel() @ matrix(graph, "p_f_w"), expected)


def test_a_report_tells_how_many_synapses_share_how_many_weights() -> None:
    conv = node("Conv2d", input_shape=[5, 5], weight=RNG.normal(size=(2, 1, 3, 3)), bias=np.zeros(2), stride=1,
                padding=0, dilation=1, groups=1)  # fmt: skip
    part = ns.nir.read(chain(x=source(1, 5, 5), c=conv, h=lif(18))).report.parts["c"]
    assert "162 synapses, unrolled: 18 different weights" in part


WRONG: dict[str, Node] = {
    "its window does not fit": node("SumPool2d", kernel_size=[9, 9], stride=[1, 1], padding=[0, 0]),
    "stride": node("SumPool2d", kernel_size=[2, 2], stride=[0, 1], padding=[0, 0]),
    "kernel_size": node("SumPool2d", kernel_size=[2.5, 2], stride=[1, 1], padding=[0, 0]),
    "padding": node("SumPool2d", kernel_size=[2, 2], stride=[1, 1], padding=[-1, 0]),
    "in 1 groups": node("Conv2d", weight=np.ones((1, 3, 2, 2)), bias=[0.0], stride=1, padding=0, dilation=1, groups=1),
    "a bias of shape": node("Conv2d", weight=np.ones((1, 2, 2, 2)), bias=[0.0, 1.0], stride=1, padding=0, dilation=1,
                            groups=1),
    "expected a stride of 1": node("Conv2d", weight=np.ones((1, 2, 2, 2)), bias=[0.0], stride=2, padding="same",
                                   dilation=1, groups=1),
}  # fmt: skip


@pytest.mark.parametrize("message", WRONG)
def test_a_window_that_does_not_fit_is_refused(message: str) -> None:
    with pytest.raises(InputError, match=message):
        ns.nir.read(chain(x=source(2, 4, 4), c=WRONG[message], h=lif(1)))


def conv(outs: int, ins: int, kernel: int, stride: int) -> Node:
    weight = RNG.normal(size=(outs, ins, kernel, kernel))
    return node("Conv2d", weight=weight, bias=np.zeros(outs), stride=stride, padding=1, dilation=1, groups=1)


def layer(*shape: int) -> Node:
    return node("IF", r=np.ones(shape), v_threshold=np.ones(shape), v_reset=np.zeros(shape))


def test_a_network_as_large_as_that_of_the_nir_paper_is_read_in_two_seconds_of_processor_time() -> None:
    pool = node("SumPool2d", kernel_size=[2, 2], stride=[2, 2], padding=[0, 0])
    graph = chain(
        input=source(2, 34, 34), c0=conv(16, 2, 5, 2), n1=layer(16, 16, 16), c2=conv(16, 16, 3, 1),
        n3=layer(16, 16, 16), p4=pool, c5=conv(8, 16, 3, 1), n6=layer(8, 8, 8), p7=pool, f8=node("Flatten"),
        w9=node("Linear", weight=RNG.normal(size=(256, 128))), n10=layer(256),
        w11=node("Linear", weight=RNG.normal(size=(10, 256))), n12=layer(10),
    )  # fmt: skip
    ns.nir.read(chain(x=source(1, 4, 4), p=pool, q=pool, h=layer(1)))  # what is imported once
    start = time.process_time()
    imported = ns.nir.read(graph)
    assert {n: w.digest for n, w in imported.network.wirings().items()}
    assert time.process_time() - start < 2
    assert sum(p.size for p in imported.network.populations) == 11_282
    assert sum(w.size for n, w in imported.weights.items() if n.endswith(".w")) == 1_122_848
