"""Calls of a plain network that a new user gets wrong: each ends in one paragraph with the place and what is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import NeurosimError

NAN = float("nan")
CELL = ns.ode(
    "dv/dt = (ge - v + r*i_ext)/tau_m",
    "dge/dt = -ge/tau_e",
    spike="v > th",
    reset={"v": "0 mV"},
    params={"tau_m": "10 ms", "tau_e": "5 ms", "th": "1 mV", "r": "100 MOhm", "i_ext": ns.driven()},
    ports={"exc": "ge"},
    dt="0.1 ms",
    name="Cell",
)
KEEPS = ns.synapse("dx/dt = -x/tau", on_pre="ge_post += w; x += 1", params={"tau": "5 ms"}, name="Keeps")


@dataclass
class User:
    """A network, and shorter ways to call it."""

    net: ns.NetworkBuilder

    def cells(self, size: Any = 3, model: Any = CELL, name: Any = "b", **given: Any) -> ns.NetworkBuilder:
        self.net.population(name, size, model, **given)
        return self.net

    def wired(self, wiring: Any = None, pre: Any = "a", post: Any = "a", weight: Any = "1 mV", **given: Any) -> Any:
        return self.net.connect(pre, post, wiring, weight=weight, **given)

    def run(self, duration: Any = "1 ms", record: Any = None, **given: Any) -> ns.Recording:
        return ns.simulate(self.net, duration, record, **given)


def user() -> User:
    net = ns.NetworkBuilder(seed=1)
    net.population("a", 10, CELL)
    net.source("noise", ns.poisson(10, "100 Hz"))
    net.connect("noise", "a", ns.random(p=0.5), weight="1 mV", name="feed")
    return User(net)


def another(size: int = 99) -> ns.NetworkBuilder:
    net = ns.NetworkBuilder()
    net.population("a", size, CELL)
    return net


def leaky(*equations: str, **given: Any) -> ns.OdeModel:
    of_all: dict[str, Any] = {"spike": "v > 1", "reset": {"v": 0}, "params": {"tau": "10 ms"}, "dt": "0.1 ms"}
    return ns.ode(*(equations or ("dv/dt = -v/tau",)), **{**of_all, **given})


def adds(*equations: str, on_pre: Any = "ge_post += w", **given: Any) -> ns.EventSynapse:
    return ns.synapse(*equations, on_pre=on_pre, **{"params": {"tau": "5 ms"}, **given})


WRONG: dict[str, tuple[Callable[[User], object], str]] = {
    # numbers with units
    "a comma in a number": (lambda u: ns.NetworkBuilder(dt="0,1 ms"), "dt = '0,1 ms'; expected a number and a unit"),
    "a comma behind a unit": (lambda u: u.wired(weight="5 mV,"), "weight = '5 mV,'; expected a number and a unit"),
    "an exponent without digits": (lambda u: u.wired(weight="1e mV"), "weight = '1e mV'; expected a number and a unit"),
    "a comment in a number": (lambda u: u.wired(weight="5 mV # so"), "expected a number and a unit, such as '20 mV'"),
    "a number without a unit, as text": (lambda u: ns.NetworkBuilder(dt="0.1"), "a unit of 1; expected one of ms"),
    "a unit that there is not": (lambda u: u.wired(weight="5 mVolt"), "there is no unit mVolt; expected one such as"),
    "complex": (lambda u: u.wired(weight=1j), "projection a_a: weight = 1j; expected a number, a text"),
    "a truth value": (lambda u: u.wired(weight=True), "projection a_a: weight = True; expected a finite number"),
    "not a number": (lambda u: u.wired(weight=NAN), "projection a_a: weight = nan; expected a finite number"),
    "too large for a float": (lambda u: u.wired(weight=10**400), "expected a finite number"),
    "a generator": (lambda u: u.wired(weight=(x for x in [1])), "array of shape (10, 10), or a distribution"),
    "masked": (
        lambda u: u.cells(initial={"v": np.ma.array([1, 2, 3], mask=[0, 1, 0])}),
        "population b: v has masked values; fill them first",
    ),
    # populations
    "a size as text": (lambda u: u.cells("3"), "population b: size '3'; expected a whole number of at least 1"),
    "a size that no index reaches": (
        lambda u: u.cells(10**12, initial={"v": ns.uniform(0, 1)}),
        "at most 2,147,483,647",
    ),
    "name and size in the wrong order": (lambda u: u.cells(size="b", name=3), "population: name 3; expected a text"),
    "a class of a model": (
        lambda u: u.cells(model=ns.NeuronModel),
        "expected a model, such as ns.LIF or one of ns.ode",
    ),
    "a list of parameters": (lambda u: u.cells(parameters=[1]), "parameters [1]; expected a mapping such as"),
    "a value for what is driven": (
        lambda u: u.cells(parameters={"i_ext": "1 nA"}),
        "population b: parameters: i_ext is driven; expected inputs={'i_ext': ns.current(...)}",
    ),
    "a number as an input": (lambda u: u.cells(inputs={"i_ext": 3}), "i_ext = 3; expected a source of numbers"),
    "a rule for what is not learned": (lambda u: ns.simulate(u.cells(learning=ns.STDP), 1), "not a learned variable"),
    "a negative refractory time": (
        lambda u: u.cells(model=leaky(refractory="-1 ms")),
        "model ode, refractory = -1 ms; expected 0 or more",
    ),
    "a negative refractory time of one neuron": (
        lambda u: u.cells(2, leaky(refractory="tr", params={"tau": "10 ms", "tr": "1 ms"}), parameters={"tr": [1, -1]}),
        "refractory = -1 ms; expected 0 or more",
    ),
    "a negative refractory time of Euler": (
        lambda u: ns.simulate(u.cells(model=leaky(refractory="-tau", integrator="euler")), 1),
        "expected -tau >= 0",
    ),
    "a negative number as a refractory time of Euler": (
        lambda u: u.cells(model=leaky(refractory=-1, integrator="euler")),
        "model ode, refractory = -1 ms; expected 0 or more",
    ),
    "a step that no refractory time can be counted in": (
        lambda u: User(ns.NetworkBuilder(dt=5e-324)).cells(model=leaky(refractory="1 ms")),
        "refractory = 1 ms has too many steps of 4.94066e-324 ms to be counted",
    ),
    # equations
    "no equation": (lambda u: leaky("v"), "'v' is no equation; expected such as 'dv/dt = -v/tau'"),
    "an unknown name": (lambda u: u.cells(model=leaky("dv/dt = -v/tua")), "unknown name 'tua'"),
    "code": (lambda u: u.cells(model=leaky("dv/dt = __import__('os')")), "unknown function '__import__'"),
    "time": (lambda u: u.cells(model=leaky("dv/dt = t")), "equations have no time; let a stimulus set a parameter"),
    "noise": (lambda u: u.cells(model=leaky("dv/dt = xi")), "equations have no noise; let a stimulus set a parameter"),
    "a time constant in mV": (lambda u: u.cells(model=leaky(params={"tau": "1 mV"})), "expected [v]/ms, as v per time"),
    "an integrator": (lambda u: leaky(integrator="exakt"), "integrator 'exakt'; did you mean 'exact'?"),
    "two units": (lambda u: adds("x : volt : volt"), "unit of x"),
    "a synapse without a port": (lambda u: adds(on_pre="w += 1"), "expected one statement such as 'ge_post += w'"),
    "a variable of a neuron in a statement": (
        lambda u: u.wired(synapse=adds(on_pre="ge_post += v_post")),
        "'v_post' is a variable of a neuron; statements read those of the synapse and parameters",
    ),
    "no assignment": (lambda u: adds(on_pre="ge_post **= w"), "expected such as 'v = v_r' or 'w += b'"),
    # connections
    "a recordable as an end": (
        lambda u: u.wired(pre=u.net["a"].v),
        "expected a population or a source, or its name",
    ),
    "a group of another network": (
        lambda u: u.wired(pre=another()["a"]),
        "connect: pre = a of 99 neurons; that of this network has 10, so it is of another one",
    ),
    "a synapse as text": (
        lambda u: u.wired(synapse="Dense"),
        "projection a_a: synapse 'Dense'; expected ns.Dense, another, or one of ns.synapse(...)",
    ),
    "a rule as a synapse": (lambda u: u.wired(synapse=ns.STDP), "expected ns.Dense, another, or one of ns.synapse"),
    "a wiring that was not called": (
        lambda u: u.wired(ns.random),
        "expected such as ns.random(p=0.1), called with its arguments",
    ),
    "a matrix as a wiring": (lambda u: u.wired(np.ones((10, 10))), "projection a_a: wiring array([[1., 1.,"),
    "a probability as text": (lambda u: ns.random(p="0.5"), "random: p = '0.5'; expected a finite number"),
    "a degree above the size": (lambda u: u.wired(ns.fixed_in_degree(11)), "10, or multiple=True"),
    "delays of all pairs": (
        lambda u: u.wired(delay=np.ones((10, 10))),
        "a delay for each synapse, but it connects all to all; expected one delay, or a wiring with a list of pairs",
    ),
    "drawn delays of all pairs": (lambda u: u.wired(delay=ns.uniform("1 ms", "2 ms")), "such as ns.random(p=1)"),
    "a delay below 0": (lambda u: u.wired(delay="-1 ms"), "projection a_a: delay of -1 ms; expected 0 or more"),
    "a parameter of an equation of synapses": (
        lambda u: u.wired(synapse=KEEPS, parameters={"tau": 3}),
        "'tau' of Keeps is in differential equations, which are those of all synapses",
    ),
    "a name that is not there": (lambda u: u.net[["a"]], "network: no population ['a']; known: a, noise"),
    "positions beyond every index": (lambda u: ns.grid_layout(10**9, 10**9, 1), "expected at most 2,147,483,647"),
    # distributions and sources
    "a range beyond every number": (lambda u: ns.uniform(-1e308, 1e308), "is beyond the largest float64"),
    "a range upside down": (lambda u: ns.uniform(2, 1), "uniform: low = 2, high = 1; expected low below high"),
    "a rate among texts without a unit": (
        lambda u: ns.poisson(2, ["5 Hz", 5]),
        "poisson: rate = ['5 Hz', 5] has no unit; write \"15 Hz\"",
    ),
    "a source and its size in the wrong order": (lambda u: ns.poisson("5 Hz", 5), "poisson: size '5 Hz'; expected"),
    "a function of time": (lambda u: ns.current(lambda t: t), "expected a finite number"),
    "times and neurons in the wrong order": (lambda u: ns.spike_times(2, [0.1], [1]), "indices has 0.1 in it"),
    "a current as a source": (lambda u: u.net.source("i", ns.current(1)), "gives numbers, no spikes"),
    # what is recorded
    "a letter in a slice": (lambda u: u.net["a"].v["x":], "record a.v[x:]: no units; expected some of 10"),
    "a slice of no step": (
        lambda u: u.net["a"].v[::0],
        "record a.v[::0]: no units; expected some of 10, such as [:10]",
    ),
    "an empty slice": (lambda u: u.net["a"].v[10:], "record a.v[10:]: no units; expected some of 10, such as [:10]"),
    "a group instead of its variable": (lambda u: u.run(record=[u.net["a"]]), "expected what can be recorded"),
    "a builder instead of variables": (
        lambda u: u.run(record=u.net),
        "expected what can be recorded, such as e.spikes",
    ),
    "a variable of another network": (
        lambda u: u.run(record=[another()["a"].v]),
        "simulate: record: a.v of 99 neurons; a of this network has 10, so it is of another one",
    ),
    "spikes of a neuron that is not there": (
        lambda u: u.run()["a.spikes"][10],  # type: ignore[index]
        "spikes: neuron 10; expected a whole number from 0 to 9",
    ),
    "spikes of a name": (lambda u: u.run()["a.spikes"]["x"], "spikes: neuron 'x'; expected a whole"),  # type: ignore[index]
    "samples of a list": (lambda u: u.run(record=[u.net["a"].v])["a.v"][[0]], "trace: unit [0]"),  # type: ignore[index]
    "a picture of a number": (lambda u: u.run().raster(3), "recording: names 3; expected"),  # type: ignore[arg-type]
    "axes that are none": (lambda u: u.run().raster(ax=3), "ax = 3; expected axes of matplotlib"),  # type: ignore[arg-type]
    # runs
    "no network": (lambda u: ns.simulate(None, 1), "simulate: network None; expected a NetworkBuilder"),  # type: ignore[arg-type]
    "network and duration in the wrong order": (lambda u: ns.simulate("1 ms", u.net), "network '1 ms'; expected"),  # type: ignore[arg-type]
    "a file instead of a network": (lambda u: ns.compare("cuba.toml", 1), "network 'cuba.toml'; expected"),  # type: ignore[arg-type]
    "no duration": (lambda u: u.run(0), "simulate: duration 0; expected at least 0.1 ms, a step of sources"),
    "a duration below 0": (lambda u: u.run("-1 ms"), "simulate: duration -1 ms; expected 0 or more"),
    "a duration of 100 years": (lambda u: u.run("100 year", [u.net["a"].v]), "of memory"),
    "a duration of a million years": (
        lambda u: u.run("1e6 year"),
        "phase run: steps = 315576000000000000; at most 2**53 can be counted",
    ),
    "numbers that fit no memory": (
        lambda u: ns.simulate(u.cells(10**6, inputs={"i_ext": ns.noisy_current(0, 1)}), "1000 s", []),
        "of it for the values of b.i_ext",
    ),
    "no name of a backend": (lambda u: u.run(backend=None), "backend: None; expected the name of a backend"),
    "a list of backends": (
        lambda u: u.run(backend=["reference"]),
        "backend: ['reference']; expected the name of a backend",
    ),
    "a backend": (lambda u: u.run(backend="brain2"), "did you mean 'brian2'?"),
    "a number format as text": (
        lambda u: u.run(precision="grid"),
        "expected Float64(), Float32(), Grid() or FixedPoint",
    ),
    "a value beyond single precision": (
        lambda u: ns.simulate(u.cells(initial={"v": 1e300}), 1, precision=ns.Float32()),
        "b.v = 1e+300 is beyond single precision; expected -3.40282e+38 to 3.40282e+38",
    ),
    "one of several values beyond single precision": (
        lambda u: ns.simulate(u.cells(initial={"v": [0, 1, -1e39]}), 1, precision=ns.Float32()),
        "b.v = -1e+39 is beyond single precision",
    ),
    "no function of progress": (lambda u: u.run(progress=3), "progress = 3; expected 'bar', or a function"),
    "an array in place of a function of progress": (
        lambda u: u.run(progress=np.zeros(2)),
        "progress = array([0., 0.]); expected 'bar', or a function",
    ),
    # what is kept
    "a number as a folder": (lambda u: u.run(folder=3), "simulate: folder 3; expected a path, such as 'runs/a'"),
    "bytes as a folder": (lambda u: u.run(folder=b"a"), "simulate: folder b'a'; expected a path, such as 'runs/a'"),
    "a null byte in a folder": (lambda u: u.run(folder="a\0b"), "simulate: folder 'a\\x00b': embedded null byte"),
    "a folder with a name too long": (lambda u: u.run(folder="a" * 300), "aaa...: File name too long"),
    "no folder of blocks": (
        lambda u: ns.simulate_in_blocks(u.net, 1, folder=None),  # type: ignore[arg-type]
        "simulate: folder None; expected a path",
    ),
    "a number that was kept": (lambda u: ns.read_recording(3), "read_recording: folder 3; expected a path"),  # type: ignore[arg-type]
    "blocks that are not there": (lambda u: ns.read_blocks("nowhere"), "nowhere is no directory of a simulation"),
    "a number as a file": (lambda u: ns.Recording.load(3), "load: path 3; expected a path, such as 'runs/a'"),  # type: ignore[arg-type]
    "a number as a file to write": (lambda u: u.run().save(3), "save: path 3; expected a path, such as 'runs/a'"),  # type: ignore[arg-type]
    "learning as text": (lambda u: u.run(learn="no"), "learn = 'no'; expected True or False"),
}


@pytest.mark.parametrize("call", WRONG)
def test_each_ends_in_one_paragraph_with_the_place_and_what_is_right(call: str) -> None:
    wrong, message = WRONG[call]
    with pytest.raises(NeurosimError) as refused:
        wrong(user())
    told = str(refused.value)
    assert message in told
    assert "\n" not in told
    assert len(told) < 500


def test_what_is_right_beside_them_is_taken() -> None:
    """Texts and slices that look alike."""
    u = user()
    u.cells(initial={"v": ["1 mV", "1e-3 V", "1.5E0 mV"]}, parameters={"tau_m": "10 (ms)"})
    u.wired(weight="5 uV*s/ms", delay="1 ms", pre=u.net["a"], name="again")
    found = u.run(record=[u.net["b"].v[::-1], u.net["a"].spikes], progress=print)
    assert found["b.v"][0].shape == (10,)  # type: ignore[index]
    assert found["a.spikes"][9].shape == (0,)  # type: ignore[index]
