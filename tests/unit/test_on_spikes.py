"""Synapses with statements for spikes: what they become, what they give, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import neurosim as ns
from neurosim.errors import NeurosimError
from neurosim.model.neurons.last_spike import with_last_spike

STEPS = 120
ON_PRE = "ge_post += w; apre += up; w = clip(w + apost, 0, w_max)"
ON_POST = "apost -= down; w = clip(w + apre, 0, w_max)"
STDP = ns.synapse(
    "dapre/dt = -apre/tau",
    "dapost/dt = -apost/tau",
    on_pre=ON_PRE,
    on_post=ON_POST,
    params={"tau": "5 ms", "up": 0.0625, "down": 0.07, "w_max": 1.0},
    name="stdp",
)
CELL = ns.ode(
    "dv/dt = (ge - v)/tau",
    "dge/dt = -ge/tau",
    spike="v > 1 mV",
    reset={"v": "0 mV"},
    params={"tau": "5 ms"},
    ports={"exc": "ge", "direct": "v", "more": "ge"},
    dt="1 ms",
    name="Cell",
)


def spikes(seed: int, units: int, rate: float) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random((STEPS, units)) < rate


def between(
    before: NDArray[np.bool_], behind: NDArray[np.bool_], model: Any, port: str | None, **connection: Any
) -> ns.NetworkBuilder:
    """A network whose post-synaptic neurons spike one step after the spikes that are given for them."""
    net = ns.NetworkBuilder(dt="1 ms")
    for name, at in (("pre", before), ("drive", behind)):
        steps, units = np.nonzero(at)
        net.source(name, ns.spike_times(at.shape[1], units, steps))
    net.population("post", behind.shape[1], model)
    net.connect("drive", "post", ns.one_to_one(), weight=1000.0, to=port)
    net.connect("pre", "post", name="plastic", **connection)
    return net


# what it gives


def test_it_gives_what_its_statements_say_in_their_order_bit_for_bit() -> None:
    before, behind = spikes(1, 4, 0.2), spikes(2, 3, 0.2)
    net = between(before, behind, CELL, "direct", synapse=STDP, weight=0.5, delay="2 ms", to="exc")
    found = ns.simulate(net, STEPS + 4.0, [net["post"].spikes])
    w, apre, apost = np.full((4, 3), 0.5), np.zeros((4, 3)), np.zeros((4, 3))
    keep = STDP.lowered("1 ms").synapse.params["apre_from_apre"]
    behind_at = found.spikes()["post.spikes"].events.dense()[0].astype(bool)
    for step in range(STEPS + 4):
        apre, apost = keep * apre, keep * apost
        arrived = before[step - 3] if 3 <= step < STEPS + 3 else np.zeros(4, bool)
        apre[arrived] += 0.0625
        w[arrived] = np.clip(w[arrived] + apost[arrived], 0, 1)
        spiked = behind_at[step - 1] if step else np.zeros(3, bool)
        apost[:, spiked] -= 0.07
        w[:, spiked] = np.clip(w[:, spiked] + apre[:, spiked], 0, 1)
    assert behind_at.sum() > 50
    assert w.std() > 0.05
    for name, expected in (("w", w), ("apre", apre), ("apost", apost)):
        np.testing.assert_array_equal(found.learned[f"plastic.{name}"], expected)


def test_pairs_are_those_of_the_rule_of_the_library() -> None:
    """ArrivalSTDP pairs an arrival with a spike of its own step, statements with one of the step before.

    So statements with a delay of one step more give the same pairs, one step later. Last bits may differ here, as these
    traces do not grow by 1; tests/oracle/test_stdp_by_statements.py has those of which all bits are equal.
    """
    before, behind = spikes(3, 4, 0.1), spikes(4, 3, 0.1)
    keep = STDP.lowered("1 ms").synapse.params["apre_from_apre"]
    traced = ns.TracedLIF(tau_trace=5.0, dt=1.0, theta=1.0, tau_mem=0.01)
    rule = ns.ArrivalSTDP(a_plus=0.0625, a_minus=0.07, w_max=10.0, w_min=-10.0, keep=keep)
    weak = "trace*0"
    silent = ns.SynapseModel("Silent", {"w": 0.0, "trace": 0.0}, weak)
    library = between(before, behind, traced, None, synapse=silent, learning=[rule], weight=0.5)
    statements = ns.synapse(
        "dapre/dt = -apre/tau",
        "dapost/dt = -apost/tau",
        on_pre="drive_post += 0*w; apre += up; w = clip(w + apost, -10, 10)",
        on_post="apost -= down; w = clip(w + apre, -10, 10)",
        params={"tau": "5 ms", "up": 0.0625, "down": 0.07},
    )
    own = between(before, behind, traced, None, synapse=statements, weight=0.5, delay="1 ms")
    expected = ns.simulate(library, STEPS + 3.0, [library["post"].spikes])
    found = ns.simulate(own, STEPS + 4.0, [own["post"].spikes])
    assert found.spikes()["post.spikes"].events.count == expected.spikes()["post.spikes"].events.count > 20
    np.testing.assert_allclose(found.learned["plastic.w"], expected.learned["plastic.w"], rtol=0, atol=1e-13)
    assert found.learned["plastic.w"].std() > 0.05


@pytest.mark.parametrize("delay", [0, 3])
def test_short_term_plasticity_is_the_solution_between_spikes(delay: int) -> None:
    """Released amounts, against the closed form from spike to spike (Tsodyks, Pawelzik, Markram 1998)."""
    own = ns.TsodyksMarkram(U=0.3, tau_f="40 ms", tau_d="25 ms")
    counting = ns.ode("dx/dt = 0/ms*x", spike="x > 1e9", ports={"sum": "x"}, dt="1 ms")
    steps = np.array([2, 3, 10, 31, 33, 36, 70, 110])
    net = ns.NetworkBuilder(dt="1 ms")
    net.source("pre", ns.spike_times(1, np.zeros(len(steps), int), steps))
    net.population("post", 1, counting)
    net.connect("pre", "post", synapse=own, weight=2.0, delay=float(delay))
    recorded = ns.simulate(net, 130, [net["post"].x])
    jumps = np.diff(recorded["post.x"].values[:, 0], prepend=0.0)  # type: ignore[union-attr]
    u, x, last = 0.0, 1.0, 0
    expected = np.zeros(130)
    for at in steps:
        u, x = u * np.exp(-(at - last) / 40), 1 + (x - 1) * np.exp(-(at - last) / 25)
        u += 0.3 * (1 - u)
        expected[at + 1 + delay] = 2 * u * x
        x -= u * x
        last = at
    np.testing.assert_allclose(jumps, expected, rtol=0, atol=1e-13)


def test_what_is_delivered_is_what_names_are_at_the_statement() -> None:
    first = ns.synapse(on_pre="ge_post += w; w += 1").lowered(1.0)
    then = ns.synapse(on_pre="w += 1; ge_post += w").lowered(1.0)
    assert (first.synapse.weight, then.synapse.weight) == ("w", "w + 1.0")
    assert first.rules == then.rules


def test_event_driven_and_clock_driven_are_the_same() -> None:
    flags = ("(event-driven)", "(clock-driven)", ": 1 (event-driven)", "")
    same = [ns.synapse(f"dx/dt = -x/tau {flag}", on_pre="ge += w*x; x += 1", params={"tau": "5 ms"}) for flag in flags]
    assert len({repr(s.lowered(1.0)) for s in same}) == 1


def test_without_an_on_post_neurons_stay_as_they_are() -> None:
    net = ns.NetworkBuilder()
    net.population("a", 2, CELL)
    net.connect("a", "a", synapse=ns.synapse(on_pre="ge += 1.62*mV"), to="exc")
    assert net.build().network.population("a").model == CELL.neuron()
    assert not net.build().weights
    assert ns.synapse(on_pre="ge += 1.62*mV").lowered(1.0).rules == ()


def test_a_synapse_may_have_the_step_of_the_network() -> None:
    net = ns.NetworkBuilder()
    net.population("a", 2, ns.Heaviside)
    net.connect("a", "a", synapse=ns.synapse(on_pre="post += w", dt="0.5 ms"), weight=1)
    assert net.build().dt == 0.5


def test_a_weight_may_come_after_others_and_behind_a_comment() -> None:
    net = ns.NetworkBuilder()
    net.population("a", 2, CELL)
    decaying = ns.synapse("n : 1", "dw/dt = -w/tau", on_pre="# what arrives\nv += w\nn += 1", params={"tau": "1 ms"})
    net.connect("a", "a", synapse=decaying, weight=0.5, name="plastic")
    assert list(net.build().weights) == ["plastic.w"]
    commented = ns.synapse(on_pre="# what arrives\nge_post += w")
    assert commented.variables == ("w",)


def test_neurons_remember_once() -> None:
    once = with_last_spike(ns.LIF, "here")
    assert with_last_spike(once, "here") is once


def test_a_weight_is_in_the_unit_of_the_variable_that_it_adds_to() -> None:
    net = ns.NetworkBuilder()
    net.population("a", 2, CELL)
    net.connect("a", "a", synapse=ns.synapse(on_pre="v_post += w"), weight="0.001 V", name="plastic")
    network = net.build()
    assert network.weights["plastic.w"].tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert network.network["plastic"].port == "direct"  # type: ignore[union-attr]


def test_parameters_can_differ_from_synapse_to_synapse() -> None:
    net = ns.NetworkBuilder()
    net.population("a", 2, CELL)
    parameters = {"w_max": ns.uniform(0.5, 1.0)}
    net.connect("a", "a", synapse=STDP, weight=0.1, to="exc", parameters=parameters, name="plastic")
    (found,) = net.build().network["plastic"].fixed.values()  # type: ignore[union-attr]
    assert found.shape == (2, 2)


def test_other_parameters_make_another_synapse() -> None:
    slow = STDP(tau="10 ms").lowered("1 ms").synapse.params["apre_from_apre"]
    assert slow == pytest.approx(np.exp(-0.1), rel=1e-15)
    assert STDP(tau=10) == STDP(tau="10 ms") != STDP


def test_it_shows_what_was_written() -> None:
    assert repr(STDP) == "<EventSynapse stdp: w, apre, apost>"
    assert STDP.equations()[-2:] == (f"on_pre: {ON_PRE}", f"on_post: {ON_POST}")
    assert "Short-term plasticity" in (ns.TsodyksMarkram(U=0.1).__doc__ or "")


# what is refused

TAU = {"tau": "20 ms"}
WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "no delivery": (lambda: ns.synapse(on_pre="w += 1"), "on_pre: it adds to no port; expected one statement such as"),
    "two deliveries": (
        lambda: ns.synapse(on_pre="ge_post += w; gi_post += w"),
        "'ge_post' and 'gi_post' are no variables of the synapse (w); expected one statement such as 'ge_post += w'",
    ),
    "twice to one": (lambda: ns.synapse(on_pre="ge += w; ge += w"), "for a spike adds to a port, and once"),
    "assigned": (lambda: ns.synapse(on_pre="ge_post = w"), "'ge_post = w'; expected one statement such as"),
    "taken away": (lambda: ns.synapse(on_pre="ge_post -= w"), "'ge_post -= ...'; expected 'ge_post += -w'"),
    "a whole number": (lambda: ns.synapse(on_pre="ge += w; w = int(w)"), "'int' in 'int(w)'; expected floor(x), or of"),
    "drawn at a spike": (lambda: ns.synapse(on_pre="ge += w*rand()"), "equations draw no random numbers; sources do"),
    "to the neuron before": (lambda: ns.synapse(on_pre="v_pre += w"), "'v_pre' is of the neuron that spiked"),
    "delivery behind": (
        lambda: ns.synapse(on_pre="ge += w", on_post="ge_post += w"),
        "on_post: 'ge_post' is no variable of the synapse, and on_post delivers nothing",
    ),
    "no statement": (lambda: ns.synapse(on_pre="ge_post"), "'ge_post' is no assignment; expected such as"),
    "a text that is none": (lambda: ns.synapse(on_pre=1), "on_pre"),  # type: ignore[arg-type]
    "unknown name": (lambda: ns.synapse(on_pre="ge += w*gian", params={"gain": 1}), "unknown name 'gian'"),
    "unknown behind": (lambda: ns.synapse(on_pre="ge += w", on_post="w = aprr"), "on_post, w: unknown name 'aprr'"),
    "variable of a neuron": (
        lambda: ns.synapse(on_pre="ge += w; w += v_post", params={"gain": 1}),
        "on_pre, w: 'v_post' is a variable of a neuron; statements read those of the synapse and parameters: gain, w",
    ),
    "what it adds to": (lambda: ns.synapse(on_pre="ge_post += w*ge_post"), "'ge_post' is a variable of a neuron"),
    "time": (lambda: ns.synapse(on_pre="ge += w*t"), "'t': statements have no time"),
    "a constant": (lambda: ns.synapse(on_pre="ge += w; up = 1", params={"up": 1}), "'up' is no variable"),
    "a constant behind": (
        lambda: ns.synapse(on_pre="ge += w", on_post="up = 1", params={"up": 1}),
        "on_post: 'up' is no variable",
    ),
    "not linear": (
        lambda: ns.synapse("dx/dt = -x*x/tau", on_pre="ge += w*x", params=TAU),
        "dx/dt: '-x*x/tau' is not linear in w, x; expected such as '-x/tau'",
    ),
    "tau of mV": (
        lambda: ns.synapse("dx/dt = -x/tau", on_pre="ge += w*x", params={"tau": "20 mV"}),
        "dx/dt = -x/tau: '-x / tau' is in",
    ),
    "unit of a statement": (
        lambda: ns.synapse("dx/dt = -x/tau", on_pre="ge += w*x; x += tau", params=TAU, initial={"x": "1 mV"}),
        "on_pre, x = x + tau: in 'x + tau'",
    ),
    "unit of a line": (
        lambda: ns.synapse("dx/dt = -x/tau", "tau : volt", on_pre="ge += w*x", params=TAU),
        "tau is in ms; expected mV",
    ),
    "refractory": (
        lambda: ns.synapse("dx/dt = -x/tau (unless refractory)", on_pre="ge += w*x", params=TAU),
        "a synapse has no refractory time",
    ),
    "two lines": (lambda: ns.synapse("x : 1", "x : 1", on_pre="ge += w*x"), "two lines are of 'x'"),
    "initial": (lambda: ns.synapse("x : 1", on_pre="ge += w*x", initial={"y": 1}), "initial of 'y': not a variable"),
    "a name with a meaning": (lambda: ns.synapse("xi : 1", on_pre="ge += w*xi"), "'xi' has a meaning of its own"),
    "w as a constant": (
        lambda: ns.synapse(on_pre="ge += w", params={"w": 1}),
        "'w' is what each synapse has by itself; choose another name",
    ),
    "too long": (lambda: ns.synapse(on_pre="ge += w;" + "w += w*w;" * 60), "'w += w*w' is more than 20,000 operations"),
    "too long together": (
        lambda: ns.synapse(on_pre="ge += w;" + "w += w*w;" * 7, on_post="w += w*w;" * 7),
        "what spikes make of 'w' is more than 20,000 operations",
    ),
    "step": (lambda: ns.synapse(on_pre="ge += w", dt="1 mV"), "synapse synapse: dt = '1 mV'"),
    "step of 0": (lambda: ns.synapse(on_pre="ge += w").lowered(0), "dt = 0.0; expected a time above 0"),
    "no step": (lambda: ns.synapse(on_pre="ge += w").lowered(), "dt = None; expected a time above 0"),
    "parameter": (lambda: STDP(tua="5 ms"), "synapse stdp has no parameter 'tua'; did you mean 'tau'"),
    "unit of a parameter": (lambda: STDP(tau="5 mV"), "dapre/dt = -apre/tau"),
}  # fmt: skip


@pytest.mark.parametrize("call", WRONG)
def test_a_wrong_synapse_says_what_is_right(call: str) -> None:
    wrong, message = WRONG[call]
    with pytest.raises(NeurosimError) as refused:
        wrong()
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def network() -> ns.NetworkBuilder:
    net = ns.NetworkBuilder()
    net.population("a", 3, CELL)
    net.population("values", 3, ns.RateUnit)
    return net


ADDS = ns.synapse(on_pre="ge_post += w", name="adds")
CONNECTED: dict[str, tuple[Callable[[ns.NetworkBuilder], Any], str]] = {
    "no such variable": (
        lambda n: n.connect("a", "a", weight=1, synapse=ns.synapse(on_pre="gee += w")),
        "projection a_a: on_pre adds to 'gee', and no port does; did you mean 'ge'",
    ),
    "several ports": (
        lambda n: n.connect("a", "a", weight=1, synapse=ADDS),
        "ports exc, more add to 'ge'; expected to='exc'",
    ),
    "another port": (
        lambda n: n.connect("a", "a", weight=1, synapse=ADDS, to="direct"),
        "on_pre adds to 'ge', port 'direct' to 'v'; expected to='exc'",
    ),
    "no such port": (lambda n: n.connect("a", "a", weight=1, synapse=ADDS, to="ex"), "a has no port 'ex'"),
    "any of several": (lambda n: n.connect("a", "a", weight=1, synapse=ns.TsodyksMarkram), "a has ports exc, direct"),
    "values": (
        lambda n: n.connect("values", "a", weight=1, synapse=ADDS, to="exc"),
        "values puts out values; on_pre needs spikes",
    ),
    "no spikes behind": (
        lambda n: n.connect("a", "values", weight=1, synapse=ns.synapse(on_pre="post += w", on_post="w += 1")),
        "RateUnit does not spike; on_post needs a model with a spike condition",
    ),
    "rules beside": (
        lambda n: n.connect("a", "a", weight=1, synapse=ADDS, to="exc", learning=ns.STDP),
        "learning given; the statements of synapse adds are its rule",
    ),
    "no weight": (lambda n: n.connect("a", "a", synapse=ADDS, to="exc"), "projection a_a: no weight"),
    "weight that nothing reads": (
        lambda n: n.connect("a", "a", weight=1, synapse=ns.synapse(on_pre="v += 1*mV")),
        "a weight is given, but no statement of synapse has a 'w'",
    ),
    "unit of a weight": (
        lambda n: n.connect("a", "a", weight="1 ms", synapse=ADDS, to="exc"),
        "a unit of ms; expected one of mV",
    ),
    "unit of what is added": (
        lambda n: n.connect("a", "a", synapse=ns.synapse(on_pre="v += 1*ms")),
        "on_pre: '1.0 * ms' is in ms; expected mV, as port direct of a is",
    ),
    "parameter": (
        lambda n: n.connect("a", "a", weight=1, synapse=STDP, to="exc", parameters={"wmax": 1}),
        "parameters: stdp has no parameter 'wmax'; did you mean 'w_max'",
    ),
    "time constant of each": (
        lambda n: n.connect("a", "a", weight=1, synapse=STDP, to="exc", parameters={"tau": 1}),
        "'tau' of stdp is in differential equations, which are those of all synapses; call it with another tau",
    ),
    "another step": (
        lambda n: n.connect("a", "a", weight=1, synapse=ns.synapse(on_pre="v += w", dt="2 ms")),
        "synapse has dt = 2 ms, others have 1 ms",
    ),
}  # fmt: skip


@pytest.mark.parametrize("call", CONNECTED)
def test_a_wrong_connection_says_what_is_right(call: str) -> None:
    net = network()
    wrong, message = CONNECTED[call]
    with pytest.raises(NeurosimError) as refused:
        wrong(net)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert net.build().network == network().build().network


def test_a_model_with_such_a_state_of_its_own_is_refused() -> None:
    own = ns.NeuronModel("Own", {"spiked": 0.0}, spike="spiked > 1", output="spike")
    with pytest.raises(NeurosimError, match="Own has a 'spiked' of its own, which on_post needs; rename it"):
        with_last_spike(own, "here")
