"""The STDP of the library, and the same as statements for spikes: weights, deliveries and spikes are equal, to the bit.

Both are in one network: what is of the library and what has statements gets the same spikes. `ArrivalSTDP` pairs an
arrival with spikes of its own step, statements with those of the step before, so they have a delay of one step more,
and all of theirs comes one step later. `STDP` pairs by the steps in which neurons spike, as statements without a delay.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import neurosim as ns
from neurosim.simulation.recordings.recording import SampledTrace, SpikeTrain
from neurosim.simulation.sources import Source

Array = NDArray[Any]

STEPS, BEFORE, BEHIND = 600, 7, 5
PAIRS = BEFORE * BEHIND
BACKENDS = ["reference", "brian2:standalone", "nengo:native", "lava:fused"]
TAU_PRE, TAU_POST = 16.0, 20.0
CONSTANTS = {"tau_pre": "16 ms", "tau_post": "20 ms", "instant": "1 ns", "a_plus": 0.17, "a_minus": 0.14}
TRACES = ("dapre/dt = -apre/tau_pre", "dapost/dt = -apost/tau_post")
POTENTIATES = "apost += 1; w = clip(w + a_plus*apre, 0, 1)"
EACH = ns.synapse(
    *TRACES,
    on_pre="meter_post += w; apre += 1; w = clip(w - a_minus*apost, 0, 1)",
    on_post=POTENTIATES,
    params=CONSTANTS,
    name="each",
)
"""Both changes, each within the bounds."""
TOGETHER = ns.synapse(
    *TRACES,
    "dnow/dt = -now/instant",
    "before : 1",
    on_pre="meter_post += w; now = 1; before = w; apre += 1; w = clip(w - a_minus*apost, 0, 1)",
    on_post="""
        w = where(now > 0, before + a_plus*apre - a_minus*((apost + 1) - 1), w + a_plus*apre)
        w = clip(w, 0, 1)
        apost += 1
    """,
    params=CONSTANTS,
    name="together",
)
"""An arrival and a spike that meet change a weight at once, in the order of the library; `now` lasts for a step."""
AT_SPIKES = ns.synapse(
    *TRACES,
    on_pre="apre += 1; w = clip(w - a_minus*apost, 0, 1); drive_post += w",
    on_post=POTENTIATES,
    params=CONSTANTS,
    name="at spikes",
)
"""Delivers the weight after the spike, as the library does, whose weights change in the step of a spike."""

GATED = replace(
    ns.TracedLIF(tau_mem=5.0, tau_trace=TAU_POST),
    name="Gated",
    state={**ns.TracedLIF.state, "heard": 0.0},
    ports=("drive", "meter"),
    params={**ns.TracedLIF(tau_mem=5.0, tau_trace=TAU_POST).params, "open": ns.driven(1.0)},
    update={**ns.TracedLIF.update, "heard": "0.75*heard + meter"},
    spike="v >= theta and open > 0",
)
"""A `TracedLIF` that spikes only while it is open, and with a port by which nothing makes it spike."""


def spikes(seed: int, size: int, rate: float, *, every_second: int | None) -> Source:
    """Spikes at random; only in even (0) or odd (1) steps if it is said so."""
    at = np.random.default_rng(seed).random((STEPS, size)) < rate
    if every_second is not None:
        at[1 - every_second :: 2] = False
    steps, units = np.nonzero(at)
    return ns.spike_times(size, units, steps)


def keep(name: str) -> float:
    return float(EACH.lowered("1 ms").synapse.params[name])


def by_arrival(net: ns.NetworkBuilder, name: str, apart: bool, weights: Array, size: float = 1.0) -> list[Any]:
    """Learned by the rule of the library, and by statements of both kinds; weights and what is heard are recorded.

    A spike of a source arrives in the step after that and its delay: with even delays, in odd steps, where those that
    drive spike in odd steps and make neurons spike in even ones.
    """
    random = np.random.default_rng(5)
    net.source(f"{name}_pre", spikes(1, BEFORE, 0.2, every_second=0 if apart else None))
    net.source(f"{name}_drive", spikes(2, BEHIND, 0.2, every_second=1 if apart else None))
    delays = 2.0 * random.integers(0, 8, PAIRS) + (0 if apart else random.integers(0, 2, PAIRS))
    changes = {n: size * float(CONSTANTS[n]) for n in ("a_plus", "a_minus")}
    rule = ns.ArrivalSTDP(**changes, keep=keep("apre_from_apre"))
    kinds: dict[str, dict[str, Any]] = {
        "library": {"synapse": ns.Traced, "learning": rule, "delay": delays},
        "each": {"synapse": EACH(**changes), "delay": delays + 1},
        "together": {"synapse": TOGETHER(**changes), "delay": delays + 1},
    }
    recorded: list[Any] = []
    for kind, given in kinds.items():
        post = net.population(f"{name}_{kind}", BEHIND, GATED)
        net.connect(f"{name}_drive", post, ns.one_to_one(), weight=1.0, to="drive")
        all_pairs = ns.pairs(*np.indices((BEFORE, BEHIND)).reshape(2, PAIRS))
        ends = f"{name}_pre", post, all_pairs
        learns = net.connect(*ends, weight=weights, to="meter", name=f"{name}_{kind}_learns", **given)
        recorded += [net[post.name].spikes, net[post.name].heard, learns.w]
    return recorded


def by_spikes(net: ns.NetworkBuilder) -> list[Any]:
    """Two populations each: those before spike in even steps, those behind, which the weights drive, in odd ones."""
    random = np.random.default_rng(6)
    noise = {
        "pre": net.source("noise", ns.poisson(BEFORE, "150 Hz")),
        "post": net.source("more", ns.poisson(BEHIND, "150 Hz")),
    }
    weights = random.uniform(0.2, 0.8, (BEFORE, BEHIND))
    rule = ns.STDP(a_plus=CONSTANTS["a_plus"], a_minus=CONSTANTS["a_minus"])  # type: ignore[arg-type]
    learning: dict[str, dict[str, Any]] = {"rule": {"learning": rule}, "statements": {"synapse": AT_SPIKES}}
    recorded: list[Any] = []
    for kind, given in learning.items():
        ends = []
        for first, (end, size) in enumerate((("pre", BEFORE), ("post", BEHIND))):
            opens = np.arange(STEPS + 40) % 2 == first
            model = GATED(tau_trace=TAU_PRE) if end == "pre" else GATED(theta=0.75)
            inputs = {"open": ns.current(opens.astype(float), every="1 ms")}
            ends.append(net.population(f"{end}_{kind}", size, model, inputs=inputs))
            net.connect(noise[end], ends[-1], ns.one_to_one(), weight=1.5, to="drive")
        learns = net.connect(*ends, weight=weights, to="drive", name=f"{kind}_learns", **given)
        recorded += [net[end.name].spikes for end in ends] + [learns.w]
    return recorded


@cache
def recording(backend: str) -> ns.Recording:
    """In float64: no spike meets an arrival; they do; and weights by which neurons spike."""
    net = ns.NetworkBuilder(seed=4, dt="1 ms")
    weights = np.random.default_rng(3).uniform(0.1, 0.9, PAIRS)
    wanted = [*by_arrival(net, "apart", True, weights), *by_arrival(net, "meeting", False, weights), *by_spikes(net)]
    return ns.simulate(net, STEPS + 40, wanted, backend=backend)


@cache
def recording_on_a_grid(backend: str) -> ns.Recording:
    """Spikes meet arrivals; weights go to their bounds, or stay between them."""
    net = ns.NetworkBuilder(seed=4, dt="1 ms")
    weights = np.random.default_rng(3).uniform(0.4, 0.6, PAIRS)
    wanted = [*by_arrival(net, "bounded", False, weights), *by_arrival(net, "between", False, weights, 2.0**-7)]
    return ns.simulate(net, STEPS + 40, wanted, backend=backend, precision=ns.Grid())


def values(found: ns.Recording, name: str) -> Array:
    trace = found[name]
    assert isinstance(trace, SampledTrace)
    return trace.values


def spiked(found: ns.Recording, name: str) -> Array:
    """Whether each neuron spiked in each step."""
    train = found[f"{name}.spikes"]
    assert isinstance(train, SpikeTrain)
    return train.events.dense()[0] > 0


def weights_differ(found: ns.Recording, name: str, kind: str) -> int:
    """How many weights are not those of the library one step before, over all steps."""
    library, own = (values(found, f"{name}_{k}_learns.w") for k in ("library", kind))
    return int((own[1:] != library[:-1]).sum())


def is_equal(found: ns.Recording, name: str, kind: str) -> None:
    """All that is learned, delivered and spiked, in all steps."""
    heard = [values(found, f"{name}_{k}.heard") for k in ("library", kind)]
    assert weights_differ(found, name, kind) == 0
    np.testing.assert_array_equal(heard[1][1:], heard[0][:-1])
    at = spiked(found, f"{name}_library")
    assert at.sum() > 200
    np.testing.assert_array_equal(at, spiked(found, f"{name}_{kind}"))


def meetings(found: ns.Recording, name: str) -> int:
    """How often a neuron spikes in a step in which something arrives at it: changes what it hears."""
    heard = values(found, f"{name}_library.heard")
    arrives = heard[1:] > 0.75 * heard[:-1]
    return int((arrives & spiked(found, f"{name}_library")[1:]).sum())


def reaches_both_bounds(w: Array) -> bool:
    return bool((w == 0).sum() > 100 and (w == 1).sum() > 100)


def test_traces_of_both_forget_by_the_same_numbers() -> None:
    """The condition of all that follows."""
    assert keep("apost_from_apost") == math.exp(-1 / TAU_POST)
    assert keep("apre_from_apre") == math.exp(-1 / TAU_PRE)


@pytest.mark.parametrize("kind", ["each", "together"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_by_arrival_all_is_equal_where_no_spike_meets_an_arrival(backend: str, kind: str) -> None:
    found = recording(backend)
    assert meetings(found, "apart") == 0
    assert reaches_both_bounds(values(found, "apart_library_learns.w"))
    is_equal(found, "apart", kind)


@pytest.mark.parametrize("backend", BACKENDS)
def test_by_arrival_all_is_equal_where_both_change_a_weight_at_once(backend: str) -> None:
    found = recording(backend)
    assert meetings(found, "meeting") > 100
    assert reaches_both_bounds(values(found, "meeting_library_learns.w"))
    is_equal(found, "meeting", "together")


def test_bounding_each_change_is_another_rule_where_both_meet() -> None:
    """What the two tests before this one can tell apart."""
    assert weights_differ(recording("reference"), "meeting", "each") > 100


@pytest.mark.parametrize("backend", BACKENDS)
def test_on_a_grid_all_is_equal_where_spikes_meet_arrivals(backend: str) -> None:
    """Between the bounds for any statements, at the bounds for those that change a weight at once."""
    found = recording_on_a_grid(backend)
    assert meetings(found, "between") > 100
    assert not np.isin(values(found, "between_library_learns.w"), (0, 1)).any()
    is_equal(found, "between", "each")
    assert reaches_both_bounds(values(found, "bounded_library_learns.w"))
    is_equal(found, "bounded", "together")
    assert weights_differ(found, "bounded", "each") > 100


@pytest.mark.parametrize("backend", BACKENDS)
def test_by_spikes_all_is_equal_in_a_network_that_learns_what_drives_it(backend: str) -> None:
    """Where no two neurons that are connected spike in one step; weights come one step later, spikes do not."""
    found = recording(backend)
    for end in ("pre", "post"):
        at = spiked(found, f"{end}_rule")
        assert at.sum() > 200
        np.testing.assert_array_equal(at, spiked(found, f"{end}_statements"))
        assert not at[int(end == "pre") :: 2].any()
    library, own = values(found, "rule_learns.w"), values(found, "statements_learns.w")
    assert reaches_both_bounds(library)
    np.testing.assert_array_equal(own[1:], library[:-1])
