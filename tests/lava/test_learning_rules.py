"""Printed learning rules on Lava's own learning engine, in both of its arithmetics, against the rule on the reference.

One child runs all of them. Spikes and values are random, or those of a network that learns on the reference; the engine
is given the same ones. Errors are in units of the weight, the smallest change that its format can hold.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend.reference import ReferenceBackend
from neurosim.chip.grammar import PrintedRule
from neurosim.chip.limits import LOIHI2
from neurosim.chip.measured import MEASURED
from neurosim.chip.rules import RuleOnChip, on_chip
from neurosim.program.precision import WeightFormat
from neurosim.program.program import Program

pytestmark = pytest.mark.skipif(find_spec("lava") is None, reason="needs Lava")

ENGINE = Path(__file__).with_name("learning_engine.py")
SECONDS = 60
TAGS = ("floating_pt", "fixed_pt")
STEPS = 40

Told = ns.NeuronModel(
    "Told",
    state={"z": 0.0, "trace": 0.0},
    params={"fire": ns.driven(), "keep": float(np.exp(-1 / 20))},
    update={"z": "0", "trace": "keep*trace"},
    spike="fire > 0.5",
    reset={"z": "1", "trace": "trace + 1"},
    output="spike",
)
"""A neuron that spikes where it is told to, with what rules of spike timing read."""


@dataclass(frozen=True)
class Learned:
    """What the reference learned, and what the engine is given to learn the same.

    Attributes
    ----------
    rule
        The library's, as the engine can do it.
    before, after
        Weights, shape (pre, post).
    pre, post
        Shapes (steps, pre), of values or spikes, and (steps, post), of spikes.
    values
        What the post-synaptic traces stand for, by their names, shape (steps, post).
    """

    rule: RuleOnChip
    form: WeightFormat
    before: np.ndarray
    after: np.ndarray
    pre: np.ndarray
    post: np.ndarray
    values: Mapping[str, np.ndarray]


def random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def learned(program: Program, form: WeightFormat, weights: np.ndarray, trials: ns.Trials):
    """The rule of `pre_post`, the weights that the reference ends with, and its records."""
    rule = next(r for r in program.rules if r.owner == "pre_post")
    with ReferenceBackend().compile(program) as session:
        session.write({"pre_post.w": weights})
        records = session.run(trials)
        return on_chip(rule, program, LOIHI2, form), session.read()["pre_post.w"], records


def sleep() -> Learned:
    """All weights stay below 0, where the threshold that the engine lacks never matters."""
    form, r = WeightFormat(8, -8), random(1)
    network = ns.Network(
        [ns.Population("pre", 6, ns.SpikeInput), ns.Population("post", 4, Told)],
        [ns.Projection("pre_post", "pre", "post", learning=[ns.SleepPlasticity(inc=0.00181, dec=0.00447)])],
    )
    schedule = ns.Schedule([ns.Phase("sleep", STEPS)], [], {"pre.x": "steps", "post.fire": "steps"})
    pre, post = (r.random((STEPS, n)) < 0.4 for n in (6, 4))
    before = form.rounded(r.uniform(-0.9, -0.4, (6, 4)))
    trials = ns.Trials({"pre.x": pre[None] * 1.0, "post.fire": post[None] * 1.0})
    rule, after, _ = learned(ns.lower(network, schedule), form, before, trials)
    return Learned(rule, form, before, after, pre, post, {})


def stdp() -> Learned:
    form, r = WeightFormat(8, -8, "excitatory"), random(2)
    network = ns.Network(
        [ns.Population("pre", 6, Told), ns.Population("post", 4, Told)],
        [ns.Projection("pre_post", "pre", "post", learning=[ns.STDP])],
    )
    schedule = ns.Schedule([ns.Phase("run", STEPS)], [], {"pre.fire": "steps", "post.fire": "steps"})
    pre, post = (r.random((STEPS, n)) < 0.15 for n in (6, 4))
    before = form.rounded(r.uniform(0.3, 0.7, (6, 4)))
    trials = ns.Trials({"pre.fire": pre[None] * 1.0, "post.fire": post[None] * 1.0})
    rule, after, _ = learned(ns.lower(network, schedule), form, before, trials)
    return Learned(rule, form, before, after, pre, post, {})


def three_factor() -> Learned:
    form, r = WeightFormat(8, -8), random(3)
    network = ns.Network(
        [ns.Population("pre", 6, ns.SpikeInput), ns.Population("post", 4, ns.SurrogateLIF)],
        [ns.Projection("pre_post", "pre", "post", synapse=ns.Eligible, learning=[ns.ThreeFactor(lr=0.02)])],
    )
    probes = [ns.Probe("post.psi", "step"), ns.Probe("post.spike", "step")]
    schedule = ns.Schedule([ns.Phase("run", STEPS)], probes, {"pre.x": "steps", "post.signal": "steps"})
    pre, signals = r.random((STEPS, 6)) < 0.15, r.uniform(-1, 1, (STEPS, 4))
    before = form.rounded(r.uniform(-0.5, 0.9, (6, 4)))
    trials = ns.Trials({"pre.x": pre[None] * 1.0, "post.signal": signals[None]})
    rule, after, records = learned(ns.lower(network, schedule), form, before, trials)
    values = {
        "post.psi": records["post.psi@step"][0],
        "max(post.signal, 0)": np.maximum(signals, 0),
        "max(-post.signal, 0)": np.maximum(-signals, 0),
    }
    return Learned(rule, form, before, after, pre, records["post.spike@step"].dense()[0], values)


def equilibrium() -> Learned:
    """A network that learns with free and nudged phases; the engine gets a step for the end of each."""
    form, r, count = WeightFormat(8, -7), random(4), STEPS // 2
    ep = [ns.EquilibriumPropagation(lr=0.05)]
    network = ns.Network(
        [
            ns.Population("inp", 8, ns.Clamp),
            ns.Population("pre", 6, ns.RateUnit),
            ns.Population("post", 4, ns.RateUnit),
        ],
        [
            ns.Projection("inp_pre", "inp", "pre", learning=ep),
            ns.Projection("pre_post", "pre", "post", reciprocal=True, learning=ep),
        ],
    )
    phases = [ns.Phase("free", 20, assign={"s_free": "s"}), ns.Phase("nudged", 8, constants={"post.beta": 0.5})]
    probes = [ns.Probe(f"{p}.s", f"end:{phase.name}") for p in ("pre", "post") for phase in phases]
    schedule = ns.Schedule(phases, probes, {"inp.s": "constant", "post.target": "constant"})
    before = form.rounded(r.uniform(-0.3, 0.4, (6, 4)))
    stimuli = {"inp.s": r.random((count, 8)), "post.target": np.eye(4)[r.integers(0, 4, count)]}
    program = ns.lower(network, schedule)
    rule = next(x for x in program.rules if x.owner == "pre_post")
    with ReferenceBackend().compile(program) as session:
        session.write({"inp_pre.w": r.uniform(-0.3, 0.35, (8, 6)), "pre_post.w": before})
        records, after = session.run(ns.Trials(stimuli)), session.read()["pre_post.w"]
    at_ends = {p: [records[f"{p}.s@end:{phase}"] for phase in ("free", "nudged")] for p in ("pre", "post")}
    pre, post = (np.stack(at_ends[p], axis=1).reshape(STEPS, -1) for p in ("pre", "post"))
    free = np.repeat(np.tile([1.0, 0.0], count)[:, None], 4, axis=1)
    values = {"post.s": post, "end of free": free, "end of nudged": 1 - free}
    return Learned(on_chip(rule, program, LOIHI2, form), form, before, after, pre, np.zeros((STEPS, 4), bool), values)


CASES: dict[str, Callable[[], Learned]] = {
    "sleep": sleep, "stdp": stdp, "three_factor": three_factor, "equilibrium": equilibrium
}  # fmt: skip


def text_of(case: Learned, tag: str) -> PrintedRule:
    found = case.rule.floating_pt if tag == "floating_pt" else case.rule.fixed_pt
    assert found is not None, (case.rule.reason, case.rule.term)
    return found


def run_of(case: Learned, tag: str) -> dict[str, object]:
    """What the child is told."""
    text, whole = text_of(case, tag), np.round if tag == "fixed_pt" else np.asarray
    by_slot = {t.slot: t for t in text.traces}
    payload = next((t for t in text.traces if t.source == "payload"), None)
    traces = [
        whole(by_slot[n].scale * case.values[by_slot[n].means]) if n in by_slot and text.three_factor
        and by_slot[n].source == "neuron" else np.zeros(case.post.shape)
        for n in ("y1", "y2", "y3")
    ]  # fmt: skip
    settings = {f"{t.slot}_{what}": getattr(t, what) for t in text.traces for what in ("impulse", "tau")}
    return {
        "dw": text.dw,
        "tag": tag,
        "three_factor": text.three_factor,
        "sign": case.form.sign,
        "settings": settings,
        "weights": (case.before.T / text.unit).tolist(),
        "pre": (case.pre * 1.0 if payload is None else 2 * whole(payload.scale * case.pre)).tolist(),
        "post": case.post.tolist(),
        "traces": np.array(traces).tolist(),
    }


@pytest.fixture(scope="module")
def cases() -> dict[str, Learned]:
    return {name: make() for name, make in CASES.items()}


@pytest.fixture(scope="module")
def errors(cases: dict[str, Learned]) -> dict[tuple[str, str], np.ndarray]:
    """What the engine's weights are too large by, in units; shape (pre, post), by case and tag."""
    asked = [(name, tag) for name in cases for tag in TAGS]
    child = subprocess.Popen(
        [sys.executable, str(ENGINE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        runs = json.dumps([run_of(cases[name], tag) for name, tag in asked])
        printed, problems = child.communicate(runs, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        pytest.fail(f"Lava gave no answer within {SECONDS} s")
    assert child.returncode == 0, problems[-2000:]
    answer = next(line for line in printed.splitlines() if line.startswith("weights "))
    weights = json.loads(answer.removeprefix("weights "))
    return {
        (name, tag): np.array(w).T - cases[name].after / text_of(cases[name], tag).unit
        for (name, tag), w in zip(asked, weights, strict=True)
    }


def computed(case: Learned, text: PrintedRule) -> tuple[np.ndarray, np.ndarray]:
    """What a text means by itself, in float64: the change of each weight, and the sum of its products' sizes."""
    signals = {"x0": case.pre != 0, "y0": case.post, "u0": np.ones_like(case.post)}
    for t in text.traces:
        spikes = signals["x0"] if t.slot.startswith("x") else signals["y0"]
        if t.source == "spikes":
            signals[t.slot] = decaying(spikes, t.impulse, t.tau)
        else:
            signals[t.slot] = t.scale * (case.pre if t.source == "payload" else case.values[t.means])
    change, size = np.zeros_like(case.before), np.zeros_like(case.before)
    for term in text.dw.replace("-", "+-").replace("^+-", "^-").replace(" ", "").strip("+").split("+"):
        mantissa, power, *names = term.split("*")
        sides = [[signals[n] * 1.0 for n in names if (n[0] == "x") == is_pre] for is_pre in (True, False)]
        pre, post = (np.prod(s, axis=0) if s else np.ones((STEPS, n)) for s, n in zip(sides, (6, 4), strict=True))
        each = np.einsum("ti,tj->tij", pre, post) * int(mantissa) * 2.0 ** int(power.removeprefix("2^"))
        change, size = change + each.sum(axis=0), size + np.abs(each).sum(axis=0)
    return change, size


def decaying(spikes: np.ndarray, impulse: float, tau: float) -> np.ndarray:
    found, trace = [], np.zeros(spikes.shape[1])
    for now in spikes:
        trace = np.exp(-1 / tau) * trace + impulse * now
        found.append(trace)
    return np.array(found)


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_the_rule_but_for_its_coefficients(cases, name):
    """Each product is off by no more than the error that is told of its coefficient."""
    case, text = cases[name], text_of(cases[name], "floating_pt")
    change, size = computed(case, text)
    error = np.abs(change - (case.after - case.before) / text.unit)
    assert (error <= text.largest_error / (1 - text.largest_error) * size + 1e-9).all()
    assert error.max() < 0.25 * np.abs(change).max(), "not just any rule is within the bound"


@pytest.mark.parametrize("name", CASES)
def test_floating_point_does_what_the_text_says(cases, errors, name):
    """But for Lava's decay of third factors, exp(-1/65535) a step, of which a product here has up to three."""
    case, text = cases[name], text_of(cases[name], "floating_pt")
    change, size = computed(case, text)
    off = errors[name, "floating_pt"] + (case.after - case.before) / text.unit - change
    assert (np.abs(off) <= (3 * 1.6e-5 if text.three_factor else 0.0) * size + 1e-9).all()


@pytest.mark.parametrize("name", CASES)
def test_fixed_point_strays_as_far_as_rounding_to_whole_units_can(cases, errors, name):
    """Each step rounds to one of two neighbours, by chance: half a unit of standard deviation at most, four of them."""
    change, _ = computed(cases[name], text_of(cases[name], "floating_pt"))
    strayed = np.abs(errors[name, "fixed_pt"] - errors[name, "floating_pt"]).max()
    assert strayed <= 4 * 0.5 * np.sqrt(STEPS)
    assert np.abs(change).max() > 1.5 * strayed, "the rule did more than rounding"


@pytest.mark.parametrize("name", CASES)
def test_the_errors_are_those_that_are_told(cases, errors, name):
    told = MEASURED[text_of(cases[name], "fixed_pt").form]
    moved = np.abs(cases[name].after - cases[name].before).max() / text_of(cases[name], "fixed_pt").unit
    found = [moved, *(np.abs(errors[name, tag]).max() for tag in TAGS)]
    assert told.steps == STEPS
    assert found == pytest.approx([told.moved, told.floating_pt, told.fixed_pt], abs=0.1)


def test_a_text_for_floating_point_means_something_else_in_fixed_point(cases):
    """So the exponents are derived for each: with three traces they are 2**10 apart, but for the traces' own scales."""
    floating, fixed = (text_of(cases["equilibrium"], tag) for tag in TAGS)
    assert fixed.shifts == (10, 10)
    for a, b in zip(floating.coefficients, fixed.coefficients, strict=True):
        scales = [np.prod([t.scale for t in text.traces if t.slot in ("x1", "y1", "y2")]) for text in (floating, fixed)]
        assert a.wanted * scales[0] == pytest.approx(b.wanted * scales[1] / 2**10)
