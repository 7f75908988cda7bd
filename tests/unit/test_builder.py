"""A network that is built part by part: what is drawn, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import ModelError, NeurosimError
from neurosim.model.connectivity import Delays
from neurosim.simulation import NeuronGroup

CELL = ns.ode(
    "dv/dt = (e_l - v + ge)/tau_m + i_ext/c",
    "dge/dt = -ge/tau_e",
    spike="v > v_th",
    reset={"v": "e_l"},
    refractory="2 ms",
    params={
        "tau_m": "20 ms",
        "tau_e": "5 ms",
        "e_l": "-60 mV",
        "v_th": "-50 mV",
        "c": "200 pF",
        "i_ext": ns.driven(),
    },
    ports={"exc": "ge", "direct": "v"},
    initial={"v": "-60 mV"},
    dt="0.1 ms",
    name="Cell",
)


def built(seed: int = 1, **later: Any) -> ns.NetworkBuilder:
    net = ns.NetworkBuilder(seed=seed, **later)
    net.source("noise", ns.poisson(20, rate="100 Hz"))
    net.population("a", 10, CELL, initial={"v": ns.uniform("-60 mV", "-50 mV")})
    net.connect("noise", "a", ns.random(p=0.5), weight=ns.normal("2 mV", "0.2 mV"), to="exc")
    return net


def test_the_network_has_the_parts_in_their_order() -> None:
    setup = built().build()
    assert [p.name for p in setup.network.parts] == ["noise", "a", "noise_a"]
    assert (setup.dt, setup.seed, list(setup.weights), list(setup.sources)) == (0.1, 1, ["noise_a.w"], ["noise.x"])


def test_a_part_that_comes_later_changes_none_before() -> None:
    first, more = built(), built()
    more.population("b", 5, CELL, initial={"v": ns.uniform("-60 mV", "-50 mV")})
    more.connect("a", "b", ns.random(p=0.5), weight="1 mV", to="exc")
    one, two = first.build(), more.build()
    assert one.network.populations == two.network.populations[:2]
    assert one.network.projections[0] == two.network.projections[0]
    np.testing.assert_array_equal(one.weights["noise_a.w"], two.weights["noise_a.w"])


@pytest.mark.parametrize("draws", ["wiring", "weights", "initial"])
def test_another_seed_draws_others(draws: str) -> None:
    one, two = built(1).build(), built(2).build()
    found = {
        "wiring": [s.network.wiring("noise_a") for s in (one, two)],
        "weights": [s.weights["noise_a.w"].tolist() for s in (one, two)],
        "initial": [s.network.population("a").initial for s in (one, two)],
    }[draws]
    assert found[0] != found[1]


@pytest.mark.parametrize(
    ("delay", "steps"),
    [(0, None), ("0 ms", None), ("0.1 ms", 2), ("1.5 ms", 16), (0.5, 6), ("0.14 ms", 2), ("0.16 ms", 3)],
)
def test_a_delay_of_n_steps_adds_n_to_the_shortest(delay: Any, steps: int | None) -> None:
    net = built()
    net.connect("a", "a", ns.random(p=0.5), weight=1.0, to="exc", delay=delay, name="lateral")
    assert net.build().network["lateral"].delay == steps  # type: ignore[union-attr]


def test_each_synapse_can_have_a_delay() -> None:
    net = built()
    net.connect("a", "a", ns.pairs([0, 1], [1, 2]), weight=1.0, to="exc", delay=["1 ms", "0.2 ms"], name="lateral")
    assert net.build().network["lateral"].delay == Delays([11, 3])  # type: ignore[union-attr]


def test_a_second_projection_between_two_has_a_number() -> None:
    net = built()
    assert [net.connect("a", "a", weight=1.0, to="exc").name for _ in range(3)] == ["a_a", "a_a_2", "a_a_3"]


def test_a_matrix_has_wiring_and_weights() -> None:
    net = built()
    matrix = np.zeros((10, 10))
    matrix[[1, 2], [3, 4]] = 5.0, 6.0
    assert len(net.connect("a", "a", ns.from_matrix(matrix), to="exc", name="lateral")) == 2
    assert net.build().weights["lateral.w"].tolist() == [5.0, 6.0]


def test_a_parameter_of_each_neuron_changes_its_propagators() -> None:
    net = ns.NetworkBuilder()
    net.population("a", 3, CELL, parameters={"tau_e": ["2 ms", "5 ms", "5 ms"]})
    found = net.build().network.population("a").fixed
    assert all(a.values[0] != a.values[1] == a.values[2] for a in found.values())
    assert found


def test_models_have_the_step_of_the_network() -> None:
    net = ns.NetworkBuilder(dt="0.5 ms")
    net.population("a", 1, CELL)
    net.population("b", 1, ns.LIF)
    models = [p.model_in("wake") for p in net.build().network.populations]
    assert models[0] == CELL.neuron(dt=0.5)
    assert models[1] == ns.LIF(dt=0.5)


def test_the_step_is_that_of_the_first_model() -> None:
    net = ns.NetworkBuilder()
    net.population("a", 1, CELL)
    assert net.build().dt == 0.1


def test_what_can_be_recorded_is_listed() -> None:
    a = built()["a"]
    assert {"spikes", "v", "ge"} <= set(dir(a))
    assert a.v[:3].probe(0.1) == ns.Probe("a.v", "step", units=range(3))
    assert a.v.every("1 ms").probe(0.1) == ns.Probe("a.v", "step", every=10)
    assert a.spikes[-1].probe(0.1) == ns.Probe("a.spike", "step", units=[9])
    assert len(a) == 10


def test_a_weight_can_be_recorded() -> None:
    net = built()
    own = net.connect("a", "a", ns.pairs([0, 1], [1, 2]), weight=1.0, to="exc")
    assert own.w[1].probe(0.1) == ns.Probe("a_a.w", "step", units=[1])


WRONG: dict[str, tuple[Callable[[ns.NetworkBuilder, NeuronGroup], Any], str]] = {
    "seed": (lambda n, a: ns.NetworkBuilder(seed=1.5), "network: seed = 1.5"),
    "step": (lambda n, a: ns.NetworkBuilder(dt="0 ms"), "network: dt = 0 ms; expected a time above 0"),
    "step of mV": (lambda n, a: ns.NetworkBuilder(dt="1 mV"), "a unit of mV; expected one of ms"),
    "no step": (lambda n, a: ns.NetworkBuilder().dt, "expected NetworkBuilder(dt='0.1 ms')"),
    "another step": (lambda n, a: n.population("b", 1, ns.LIF), "LIF has dt = 1 ms, others have 0.1 ms"),
    "model as text": (lambda n, a: n.population("b", 1, "LIF"), "population b: model 'LIF'; expected a model"),
    "size": (lambda n, a: n.population("b", 0, CELL), "population b: size"),
    "name twice": (lambda n, a: n.population("a", 1, CELL), "a part of this name already"),
    "name": (lambda n, a: n.population("a b", 1, CELL), "a b"),
    "parameter": (lambda n, a: n.population("b", 1, CELL, parameters={"tau": 1}), "tau_m"),
    "unit": (lambda n, a: n.population("b", 1, CELL, parameters={"tau_m": "1 mV"}), "population b: tau_m"),
    "shape": (lambda n, a: n.population("b", 2, CELL, initial={"v": [1, 2, 3]}), "shape (3,); expected (2,)"),
    "state": (lambda n, a: n.population("b", 2, CELL, initial={"u": 1}), "u"),
    "input": (lambda n, a: n.population("b", 1, CELL, inputs={"i": ns.current(1)}), "i_ext"),
    "input of spikes": (
        lambda n, a: n.population("b", 1, CELL, inputs={"i_ext": ns.poisson(1, "1 Hz")}),
        "expected a source of numbers",
    ),
    "unit of an input": (
        lambda n, a: n.population("b", 1, CELL, inputs={"i_ext": ns.current("1 mV")}),
        "a unit of mV; expected one of nA",
    ),
    "size of an input": (
        lambda n, a: n.population("b", 3, CELL, inputs={"i_ext": ns.current([1, 2])}),
        "a source for 2 neurons; expected one for 3",
    ),
    "a good input and a bad one": (
        lambda n, a: n.population("b", 1, CELL, inputs={"i_ext": ns.current("1 nA"), "j": ns.current("1 nA")}),
        "inputs: j: no driven parameter of Cell",
    ),
    "no source": (lambda n, a: n.source("s", "poisson"), "expected a source, such as ns.poisson"),
    "source of numbers": (lambda n, a: n.source("s", ns.current(1, size=1)), "inputs={'current': source}"),
    "pre": (lambda n, a: n.connect("nose", a, weight=1, to="exc"), "noise"),
    "post is a source": (lambda n, a: n.connect(a, "noise", weight=1), "noise is a source"),
    "port": (lambda n, a: n.connect(a, a, weight=1, to="ex"), "exc"),
    "several ports": (
        lambda n, a: n.connect(a, a, weight=1),
        "has ports exc, direct; expected to='exc' or another of them",
    ),
    "no weight": (lambda n, a: n.connect(a, a, to="exc"), "projection a_a: no weight; expected weight='1 mV'"),
    "unit of a weight": (lambda n, a: n.connect(a, a, weight="1 ms", to="exc"), "a unit of ms; expected one of mV"),
    "shape of weights": (lambda n, a: n.connect(a, a, weight=[1, 2], to="exc"), "shape (2,); expected (10, 10)"),
    "delay below 0": (lambda n, a: n.connect(a, a, weight=1, to="exc", delay=-1), "delay of -1 ms; expected 0 or more"),
    "delay of mV": (lambda n, a: n.connect(a, a, weight=1, to="exc", delay="1 mV"), "a unit of mV; expected one of ms"),
    "one to one of two sizes": (
        lambda n, a: n.connect("noise", a, ns.one_to_one(), weight=1, to="exc"),
        "noise_a",
    ),
    "wiring": (
        lambda n, a: n.connect(a, a, ns.random, weight=1, to="exc"),
        "expected such as ns.random(p=0.1), called with its arguments",
    ),
    "variable": (lambda n, a: a.vv, "population a has no variable 'vv'"),
    "units": (lambda n, a: a.v[99], "expected indices of 10 units"),
    "interval": (lambda n, a: a.v.every("0.25 ms").probe(0.1), "the nearest is 0.2 ms"),
    "population": (lambda n, a: n["b"], "network: no population 'b'"),
    "empty": (lambda n, a: ns.NetworkBuilder(dt=1).build(), "network: it has no population"),
}


@pytest.mark.parametrize("call", WRONG)
def test_a_wrong_call_says_what_is_right(call: str) -> None:
    net = built()
    wrong, message = WRONG[call]
    with pytest.raises(NeurosimError) as refused:
        wrong(net, net["a"])
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_call_leaves_the_network_as_it_was() -> None:
    net = built()
    for wrong, _ in WRONG.values():
        with pytest.raises(ModelError):
            wrong(net, net["a"])
    assert [p.name for p in net.build().network.parts] == ["noise", "a", "noise_a"]
    assert list(net.build().sources) == ["noise.x"]
