"""Layers on cores: what each limit does, and what is counted once and twice."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import neurosim as ns
from neurosim.chip import memory
from neurosim.chip.layers import layers_of
from neurosim.chip.limits import CHIPS, LOIHI1, LOIHI2, chip_of
from neurosim.chip.mapping import Exceeded, cut, place
from neurosim.errors import InputError


def network(*sizes: int, **projection: object) -> ns.Network:
    """A chain of layers, the first an input."""
    names = [f"l{k}" for k in range(len(sizes))]
    models = [ns.SpikeInput, *[ns.LIF] * (len(sizes) - 1)]
    populations = [ns.Population(n, s, m) for n, s, m in zip(names, sizes, models, strict=True)]
    return ns.Network(populations, [ns.Projection(f"{a}_{b}", a, b, **projection) for a, b in pairwise(names)])


def parts(net: ns.Network, chip=LOIHI1, **bits: int):
    return {p.name: p for p in place(layers_of(net, bits), chip).parts}


def test_bits_of_an_axon_are_those_of_nengo_loihi():
    """100 weights of 8 bits: 64 of them and a header of 10 bits are 522 bits, 9 words; 36 are 298 bits, 5 words."""
    assert memory.axon_bits(100, 8) == (9 + 5) * 64
    assert memory.axon_bits(0, 8) == 0
    assert memory.axon_bits(1, 1) == 64


@pytest.mark.parametrize(("bits", "width"), [(1, 1), (6, 6), (7, 8), (8, 8)])
def test_weights_of_seven_bits_take_eight(bits, width):
    assert memory.weight_width(bits) == width


def test_a_dense_layer_takes_an_axon_a_source_and_a_synapse_a_pair():
    part = parts(network(30, 40))["l1"]
    assert (part.compartments, part.in_axons, part.synapses) == (40, 30, 1200)
    assert part.synapse_bits == 30 * memory.axon_bits(40, 8)
    assert part.cores == 1


def test_an_input_takes_no_core():
    assert list(parts(network(30, 40))) == ["l1"]


def test_modes_share_synapses_and_neurons():
    wake_alone = ns.Network(
        [ns.Population("i", 5, ns.Clamp), ns.Population("h", 4, ns.RateUnit)], [ns.Projection("ih", "i", "h")]
    )
    both = ns.Network(
        [
            ns.Population("i", 5, {"wake": ns.Clamp, "sleep": ns.SpikeInput}),
            ns.Population("h", 4, {"wake": ns.RateUnit, "sleep": ns.Heaviside}),
        ],
        [ns.Projection("ih", "i", "h")],
    )
    assert place(layers_of(wake_alone), LOIHI2) == place(layers_of(both), LOIHI2)


@pytest.mark.parametrize("reciprocal", [True, ("wake",)])
def test_a_reciprocal_projection_is_counted_twice(reciprocal):
    once, twice = (
        ns.Network(
            [
                ns.Population("i", 5, {"wake": ns.Clamp, "sleep": ns.SpikeInput}),
                ns.Population("h", 7, {"wake": ns.RateUnit, "sleep": ns.Heaviside}),
                ns.Population("o", 4, {"wake": ns.RateUnit, "sleep": ns.Heaviside}),
            ],
            [ns.Projection("ih", "i", "h"), ns.Projection("ho", "h", "o", reciprocal=r)],
        )
        for r in (False, reciprocal)
    )
    one, two = parts(once), parts(twice)
    assert two["h"].synapses - one["h"].synapses == 7 * 4
    assert two["h"].in_axons - one["h"].in_axons == 4
    assert two["h"].synapse_bits - one["h"].synapse_bits == 4 * memory.axon_bits(7, 8)
    assert two["o"].out_axons == 4
    assert two["o"].synapses == one["o"].synapses


def test_a_core_holds_1024_compartments_of_loihi_1_and_8192_of_loihi_2():
    net = network(1, 1025)
    assert parts(net, LOIHI1)["l1"].cores == 2
    assert parts(network(1, 1024), LOIHI1)["l1"].cores == 1
    assert parts(net, LOIHI2)["l1"].cores == 1


def test_synapse_memory_cuts_a_layer():
    """1,000 axons with 200 targets each are 1.77 times a core's memory."""
    part = parts(network(1000, 200))["l1"]
    assert part.cores == 2
    assert part.fullest["synapse_bits"] <= 1
    assert 1000 * memory.axon_bits(200, 8) > LOIHI1.synapse_bits


def test_fewer_weight_bits_take_fewer_cores():
    net = network(1000, 500)
    assert parts(net, l0_l1=2)["l1"].cores < parts(net)["l1"].cores


def test_a_layer_that_is_cut_takes_the_axons_of_its_sources_in_each_core():
    part = parts(network(1000, 200))["l1"]
    assert part.in_axons == 1000 * part.cores
    assert part.synapses == 1000 * 200


def test_axons_that_begin_cut_the_source_of_a_layer_that_is_cut():
    """1,000 neurons, each of which projects to more than four cores, have more than 4,096 axons."""
    found = parts(network(1, 1000, 900))
    assert found["l2"].cores > 4
    assert found["l1"].cores == -(-1000 * found["l2"].cores // LOIHI1.out_axons)
    assert found["l1"].out_axons == 1000 * found["l2"].cores
    assert found["l1"].fullest["out_axons"] <= 1


def test_5000_inputs_a_neuron_are_refused_with_layer_and_limit():
    placement = place(layers_of(network(5000, 10)), LOIHI1)
    assert not placement.fits
    (exceeded,) = placement.parts[0].exceeded
    assert exceeded == Exceeded("l1", "in_axons", 5000, 4096)
    assert "sparser" in exceeded.help


def test_4096_inputs_a_neuron_fit():
    assert place(layers_of(network(4096, 10)), LOIHI1).fits


def test_inputs_from_several_sources_add_up():
    net = ns.Network(
        [
            ns.Population("a", 3000, ns.SpikeInput),
            ns.Population("b", 3000, ns.SpikeInput),
            ns.Population("c", 2, ns.LIF),
        ],
        [ns.Projection("ac", "a", "c"), ns.Projection("bc", "b", "c")],
    )
    assert place(layers_of(net), LOIHI1).parts[0].exceeded == (Exceeded("c", "in_axons", 6000, 4096),)


def test_a_sparse_layer_can_be_cut_where_a_dense_one_cannot():
    """5,000 sources in all, but 50 for each neuron."""
    pre = np.arange(5000)
    net = network(5000, 100, connectivity=ns.Pairs(pre, pre // 50))
    placement = place(layers_of(net), LOIHI1)
    assert placement.fits
    assert (placement.parts[0].cores, placement.parts[0].in_axons) == (2, 5000)


def test_a_sparse_synapse_carries_the_index_of_its_target():
    net = network(1, 100, connectivity=ns.Pairs([0] * 10, range(10)))
    assert parts(net)["l1"].synapse_bits == memory.axon_bits(10, 8 + memory.index_width(100))
    assert memory.index_width(100) == 7


def test_a_source_has_one_axon_to_a_core_however_many_synapses_it_has_there():
    net = network(4, 6, connectivity=ns.Pairs([0, 0, 0, 1, 1, 3, 3], [5, 1, 2, 0, 0, 4, 3]))
    [layer] = layers_of(net)
    [fibre] = layer.fibres
    assert fibre.reached(cut(6, 2)).tolist() == [2, 1, 0, 1]
    assert fibre.reached(cut(6, 6)).tolist() == [3, 1, 0, 2]
    assert (layer.into(0, 3).in_axons, layer.into(0, 3).synapses) == (2, 4)


def test_a_delay_takes_bits_of_each_synapse():
    plain, late = (
        ns.Network([ns.Population("a", 64, ns.LIF)], [ns.Projection("aa", "a", "a", delay=d)]) for d in (1, 5)
    )
    assert parts(plain)["a"].synapse_bits == 64 * memory.axon_bits(64, 8)
    assert parts(late)["a"].synapse_bits == 64 * memory.axon_bits(64, 8 + 3)


def test_a_delay_beyond_63_more_steps_is_refused():
    fits, not_ = (
        place(layers_of(ns.Network([ns.Population("a", 2, ns.LIF)], [ns.Projection("aa", "a", "a", delay=d)])), LOIHI1)
        for d in (64, 65)
    )
    assert fits.fits
    assert not_.parts[0].exceeded == (Exceeded("a", "delay", 64, 63),)


def test_axons_of_one_neuron_to_too_many_cores_are_refused():
    """A chip with room for three axons that begin, and a target on more cores than that."""
    chip = replace(LOIHI1, compartments=10, out_axons=3)
    exceeded = place(layers_of(network(1, 5, 100)), chip).parts[0].exceeded
    assert exceeded == (Exceeded("l1", "out_axons", 10, 3),)


def test_chips_are_as_many_as_the_cores_need():
    placement = place(layers_of(network(1, 129 * 1024)), LOIHI1)
    assert (placement.cores, placement.chips) == (129, 2)


@pytest.mark.parametrize(("neurons", "cores"), [(10, 3), (3, 3), (1000, 7)])
def test_parts_differ_by_one_neuron_at_most(neurons, cores):
    sizes = [len(r) for r in cut(neurons, cores)]
    assert max(sizes) - min(sizes) <= 1


def test_what_is_assumed_of_loihi_2_is_said():
    assert set(LOIHI2.assumed) == {"compartments", "in_axons", "out_axons", "synapse_bits"}
    assert LOIHI1.assumed == ()


def test_an_unknown_chip_is_told_the_nearest():
    with pytest.raises(InputError, match="did you mean 'loihi2'"):
        chip_of("loihi 2")
    assert all(chip_of(n) is c for n, c in CHIPS.items())
