"""Whatever a constructor is given: it works through to a run on the reference, or an error of ours says where."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neurosim as ns
from neurosim.errors import NeurosimError

JUNK: list[Any] = [
    None, True, np.True_, 0, 1, -1, 3, 2.5, -0.0, float("nan"), float("inf"), -float("inf"), 1e308, 1j, 10**400,
    np.int64(2), np.uint8(1), np.float32(0.5), np.longdouble("0.1"), np.array(2), np.array(0.5), np.array(None),
    np.zeros(2), np.zeros((2, 2)), np.array([True]), np.array(["a"]), np.array(["2020"], "M8[Y]"), np.ma.masked,
    np.ma.masked_array([1.0, 2.0], [True, False]), "", "a", "w", "s", "a.s", "lambda", "x > 1", "w + 1", "two\nlines",
    "step", "end:run", "spike", b"a", (), [], [1], [0.5], [[1], [1, 2]], ["a"], {}, {"s": 0.0}, {"s": "s"}, {"w": "w"},
    {"w": np.zeros(2)}, {"s": float("nan")}, {1: 2}, {"a": None}, {"wake": 1}, {"a.s": 1.0}, {"a.s": "steps"}, set(),
    iter([1]), range(2), object(), int, len, Ellipsis, ns.LIF, ns.Clamp, ns.Dense, ns.SleepPlasticity, ns.Grid(),
    ns.Population("a", 1, ns.Clamp), ns.Phase("run", 1), ns.Probe("b.v", "step"), ns.OneToOne(), ns.AllToAll,
    ns.learned(), ns.driven(), [ns.Phase("run", 1)], [ns.Clamp], {"wake": ns.LIF}, {"wake": [ns.SleepPlasticity]},
]  # fmt: skip

MODEL: dict[str, Any] = {
    "name": "M", "state": {"v": 0.0}, "params": {"k": 0.5}, "update": {"v": "k*v + drive"}, "spike": "v > 1",
    "reset": {"v": "0"}, "output": "spike", "ports": ("drive",), "alias": {}, "derived": {"q": "k*k"},
    "requires": ("k > 0",),
}  # fmt: skip
SYNAPSE: dict[str, Any] = {"name": "S", "state": {"w": 0.1}, "weight": "k*w", "params": {"k": 1.0}, "requires": ()}
RULE: dict[str, Any] = {
    "name": "r", "at": "step", "update": {"w": "w + lr*arrived"}, "params": {"lr": 0.1}, "requires": ("lr >= 0",),
}  # fmt: skip
PROJECTION: dict[str, Any] = {
    "name": "p", "pre": "a", "post": "b", "synapse": ns.Dense, "learning": (), "reciprocal": False, "port": "drive",
    "reciprocal_port": "drive", "delay": 1, "connectivity": ns.AllToAll(),
}  # fmt: skip
PHASE: dict[str, Any] = {"name": "run", "steps": 2, "constants": {}, "assign": {}}
SCHEDULE: dict[str, Any] = {"phases": [ns.Phase("run", 2)], "probes": (), "stimuli": {"a.s": "constant"}}
EVENTS: dict[str, Any] = {"offsets": [0, 1, 1], "indices": [0], "steps": 2, "units": 2}
TRIALS: dict[str, Any] = {"stimuli": {"a.s": np.ones((1, 2))}, "count": 1}


def run(
    population: Any = None, projection: Any = None, schedule: Any = None, trials: Any = None, **lowered: Any
) -> None:
    """A small network with one part of it, through one trial."""
    b = ns.Population("b", 2, ns.LIF) if population is None else population
    j = ns.Projection(**PROJECTION) if projection is None else projection
    s = ns.Schedule(**SCHEDULE) if schedule is None else schedule
    t = ns.Trials(**TRIALS) if trials is None else trials
    program = ns.lower(ns.Network([ns.Population("a", 2, ns.Clamp), b], [j]), s, **lowered)
    ns.load("reference")[0].compile(program).run(t)


def spiking(events: ns.Events) -> None:
    network = ns.Network(
        [ns.Population("a", 2, ns.SpikeInput), ns.Population("b", 2, ns.LIF)], [ns.Projection(**PROJECTION)]
    )
    program = ns.lower(network, ns.Schedule([ns.Phase("run", 2)], (), {"a.x": "events"}))
    ns.load("reference")[0].compile(program).run(ns.Trials({"a.x": events}))


Part = tuple[Callable[..., Any], Mapping[str, Any], Callable[[Any], None], str]
PARTS: dict[str, Part] = {
    "Population": (
        ns.Population, {"name": "b", "size": 2, "model": ns.LIF, "learning": ()},
        lambda p: run(population=p), "population",
    ),
    "NeuronModel": (ns.NeuronModel, MODEL, lambda m: run(population=ns.Population("b", 2, m)), "model"),
    "LIF": (
        ns.LIF, {"tau_mem": 5.0, "theta": 1.0, "bias": 0.1},
        lambda m: run(population=ns.Population("b", 2, m)), "model",
    ),
    "SynapseModel": (ns.SynapseModel, SYNAPSE, lambda s: run(projection=ns.Projection("p", "a", "b", s)), "synapse"),
    "LearningRule": (
        ns.LearningRule, RULE, lambda r: run(projection=ns.Projection("p", "a", "b", learning=[r])), "rule"
    ),
    "Projection": (ns.Projection, PROJECTION, lambda j: run(projection=j), "projection"),
    "Pairs": (
        ns.Pairs, {"pre": [0, 1], "post": [1, 0]},
        lambda c: run(projection=ns.Projection("p", "a", "b", connectivity=c)), "pair",
    ),
    "Phase": (ns.Phase, PHASE, lambda p: run(schedule=ns.Schedule([p], (), {"a.s": "constant"})), "phase"),
    "Probe": (
        ns.Probe, {"variable": "b.v", "at": "step"},
        lambda q: run(schedule=ns.Schedule([ns.Phase("run", 2)], [q], {"a.s": "constant"})), "probe",
    ),
    "Schedule": (ns.Schedule, SCHEDULE, lambda s: run(schedule=s), "schedule"),
    "Events": (ns.Events, EVENTS, spiking, "events"),
    "Trials": (ns.Trials, TRIALS, lambda t: run(trials=t), "trials"),
    "Grid": (ns.Grid, {"output_bits": 20, "weight_bits": 24}, lambda p: run(precision=p), "grid"),
    "FixedPoint": (
        ns.FixedPoint,
        {"output_bits": 10, "weight_bits": 8, "weight_exponent": -7, "largest_loss": 0.1, "graded": True},
        lambda p: run(precision=p), "fixed point",
    ),
    "lower": (
        lambda **given: given, {"mode": "wake", "precision": ns.Float64()}, lambda given: run(**given), ""
    ),
}  # fmt: skip
WORDS = {"Schedule": ("schedule", "stimulus"), "Trials": ("trials", "stimulus")}


def works_or_says_where(kind: str, changes: Mapping[str, Any]) -> None:
    make, usual, through, word = PARTS[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of values that something drops
        warnings.simplefilter("ignore", UserWarning)
        try:
            part = make(**{**usual, **changes})
        except NeurosimError as error:
            said = str(error)
        else:
            with suppress(NeurosimError):
                through(part)
            return
    assert any(w in said for w in WORDS.get(kind, (word,)))
    assert "\n" not in said


@pytest.mark.parametrize(("kind", "field"), [(k, f) for k, (_, usual, _, _) in PARTS.items() for f in usual])
def test_each_argument_may_be_any_junk(kind: str, field: str) -> None:
    for junk in JUNK:
        if not (isinstance(junk, int) and abs(junk) > 2**31):  # how much a run may need is looked at elsewhere
            works_or_says_where(kind, {field: junk})


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    kind = draw(st.sampled_from(sorted(PARTS)))
    fields = draw(st.lists(st.sampled_from(sorted(PARTS[kind][1])), min_size=1, max_size=3, unique=True))
    junk = st.one_of(
        st.sampled_from([j for j in JUNK if not (isinstance(j, int) and abs(j) > 2**31)]),
        st.floats(), st.text(max_size=4), st.lists(st.integers(-3, 3) | st.floats(), max_size=3),
        st.dictionaries(st.sampled_from(["s", "w", "v", "k", "a.s", "b.theta"]), st.floats() | st.text(max_size=3)),
    )  # fmt: skip
    return kind, {field: draw(junk) for field in fields}


@given(calls())
@settings(max_examples=150, derandomize=True, database=None, deadline=None)
def test_any_call_works_or_says_where(call: tuple[str, dict[str, Any]]) -> None:
    works_or_says_where(*call)


@given(st.one_of(st.sampled_from(JUNK), st.floats(), st.integers(), st.lists(st.floats() | st.integers(), max_size=4)))
@settings(max_examples=100, derandomize=True, database=None, deadline=None)
def test_an_array_is_written_as_it_is_or_refused(values: Any) -> None:
    network = ns.Network(
        [ns.Population("a", 1, ns.Clamp), ns.Population("b", 4, ns.LIF)], [ns.Projection("p", "a", "b")]
    )
    schedule = ns.Schedule([ns.Phase("run", 1)], (), {"a.s": "constant"})
    session = ns.load("reference")[0].compile(ns.lower(network, schedule))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            session.write({"p.w": [values]})
        except NeurosimError as error:
            said = str(error)
        else:
            said = ""
    if said:
        assert "learned variable 'p.w'" in said
        return
    assert session.read()["p.w"].tolist() == [np.asarray(values).tolist()]
