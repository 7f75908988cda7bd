"""Whatever the sizes: cutting layers loses nothing, every core is within its limits, and more takes no fewer cores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import neurosim as ns
from neurosim.chip.coefficients import nearest
from neurosim.chip.layers import layers_of
from neurosim.chip.limits import LOIHI1
from neurosim.chip.mapping import Placement, cut, place

DENSE = ns.AllToAll()
SMALL = replace(LOIHI1, compartments=16, in_axons=60, out_axons=64, synapse_bits=2**13)
sizes = st.tuples(*[st.integers(1, 60)] * 3)


def chain(shape: tuple[int, int, int], connectivity: object = DENSE) -> ns.Network:
    models = (ns.SpikeInput, ns.LIF, ns.LIF)
    populations = [ns.Population(n, s, m) for n, s, m in zip("abc", shape, models, strict=True)]
    return ns.Network(
        populations,
        [ns.Projection("ab", "a", "b", connectivity=connectivity), ns.Projection("bc", "b", "c"), LATERAL],
    )


LATERAL = ns.Projection("cc", "c", "c", delay=2)


@st.composite
def sparse(draw):
    pre, post, others = draw(sizes)
    pairs = draw(st.sets(st.tuples(st.integers(0, pre - 1), st.integers(0, post - 1)), min_size=1, max_size=200))
    return (pre, post, others), sorted(pairs)


def check(placement: Placement, network: ns.Network, into: dict[str, int]) -> None:
    for part in placement.parts:
        assert part.compartments == network.population(part.name).size
        assert part.synapses == into[part.name]
        hopeless = {e.limit for e in part.exceeded}
        assert all(share <= 1 for limit, share in part.fullest.items() if limit not in hopeless)
        assert 1 <= part.cores <= part.compartments


@given(sizes)
@settings(max_examples=60, deadline=None)
def test_cutting_dense_layers_loses_nothing(shape):
    network = chain(shape)
    a, b, c = shape
    check(place(layers_of(network), SMALL), network, {"b": a * b, "c": b * c + c * c})


@given(sparse())
@settings(max_examples=60, deadline=None)
def test_cutting_sparse_layers_loses_nothing(drawn):
    (a, b, c), pairs = drawn
    network = chain((a, b, c), ns.Pairs(*zip(*pairs, strict=True)))
    placement = place(layers_of(network), SMALL)
    check(placement, network, {"b": len(pairs), "c": b * c + c * c})
    (first, _) = placement.parts
    cores = np.searchsorted([r.start for r in cut(b, first.cores)], [p[1] for p in pairs], side="right")
    assert first.in_axons == len({(p[0], core) for p, core in zip(pairs, cores.tolist(), strict=True)})


@given(sizes, st.sampled_from([0, 1, 2]), st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_a_larger_dense_layer_takes_no_fewer_cores(shape, which, more):
    larger = tuple(s + more * (k == which) for k, s in enumerate(shape))
    few, many = (place(layers_of(chain(s)), SMALL) for s in (shape, larger))
    if few.fits and many.fits:
        assert all(p.cores <= q.cores for p, q in zip(few.parts, many.parts, strict=True))


@given(st.integers(1, 64), st.integers(1, 8))
@settings(deadline=None)
def test_roomier_cores_are_no_more(neurons, factor):
    network = chain((8, neurons, 8))
    roomy = replace(SMALL, **{n: getattr(SMALL, n) * factor for n in ("compartments", "synapse_bits", "out_axons")})
    assert place(layers_of(network), roomy).cores <= place(layers_of(network), SMALL).cores


@given(st.floats(2.0**-5, 1000.0), st.booleans())
def test_a_coefficient_is_off_by_an_eighth_at_most(size, negative):
    """Between 4/8 and 7/8 of a power of two there is a number at each eighth, and above 7/8 the power itself."""
    found = nearest(-size if negative else size)
    assert found is not None
    assert abs(found.error) <= 1 / 9 + 1e-12
    assert -7 <= found.mantissa <= 7
    assert -7 <= found.exponent <= 8
