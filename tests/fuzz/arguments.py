"""Arguments of the Python interface: networks, models, trials and weights of whatever values."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

import neurosim as ns
from neurosim.backend.reference import ReferenceBackend
from neurosim.model import learning, neurons, synapses
from neurosim.model.connectivity import OneToOne, Pairs
from neurosim.model.learning import LearningRule
from neurosim.model.neurons import NeuronModel
from neurosim.model.synapses import SynapseModel
from neurosim.program.schedule import Events, Phase, Probe, Schedule, Trials

from . import values
from .kind import Kind, accepted_only_if, source

FILE = "arguments.json"
MODELS = [m for m in vars(neurons).values() if isinstance(m, NeuronModel)]
RULES = [r for r in vars(learning).values() if isinstance(r, LearningRule)]
SYNAPSES = [s for s in vars(synapses).values() if isinstance(s, SynapseModel)]


def make(random: random.Random, folder: Path, prepared: Path) -> None:
    """What is called with which values follows from a key, for JSON does not have them all."""
    number = random.randrange(len(CALLS))
    (folder / FILE).write_text(json.dumps({"call": CALLS[number].__name__, "key": random.randrange(2**32)}))


def run(folder: Path) -> None:
    document = json.loads((folder / FILE).read_text())
    {c.__name__: c for c in CALLS}[document["call"]](source("argument", 0, document["key"]))


def odd(random: random.Random) -> Any:
    """A value of any type."""
    numbers = values.number(random)
    small = random.choice([0, 1, 2, 3, 4, -1])
    return random.choice(
        [
            numbers, numbers, small, small, str(numbers), None, True, False, b"1", np.int64(small), np.int8(small),
            np.float32(0.5), np.float64("nan"), np.bool_(True), np.array(small), np.array([1.0, 2.0]), Fraction(1, 3),
            Fraction(3), complex(1, 1), np.complex128(1), [1, 2], (), {}, {"a": 1}, "text", "20*ms", "LIF", "step",
            ns.LIF, ns.Population("q", 2, ns.Clamp), np.datetime64("2026-01-01"), range(3),
        ]
    )  # fmt: skip


def odd_array(random: random.Random, shape: tuple[int, ...]) -> Any:
    """An array that is to have this shape, more or less, and to hold numbers, more or less."""
    good = np.array([random.random() for _ in range(int(np.prod(shape)))]).reshape(shape)
    bad = good.copy()
    if bad.size:
        bad.flat[random.randrange(bad.size)] = random.choice([math.nan, math.inf, -math.inf, 1e308, -1.0, 2.0**60])
    return random.choice(
        [
            good, good, bad, bad, good + 1j, good.astype("f4"), good.astype(int), good > 0.5, good.astype(str),
            good.astype(object), np.ma.masked_greater(good, 0.5), good.tolist(), good[:-1], good.T, good[None],
            good.ravel(), np.zeros(0), np.zeros((*shape, 0)), good.astype("f2"), np.asfortranarray(good),
            good[..., ::-1],
            None, 3, "text", np.full(shape, "2026-01-01", "M8[D]"), [[1.0], [1.0, 2.0]],
            (good * 100).astype("u8") + 2**63, np.longdouble(good),
        ]
    )  # fmt: skip


def is_whole(given: Any, found: Any) -> None:
    accepted_only_if(type(found) is int, f"{given!r} became {found!r}")
    accepted_only_if(not isinstance(given, (bool, np.bool_, str, float)), f"{given!r} is taken as {found!r}")


def population(random: random.Random) -> None:
    size, model, rules = odd(random), random.choice([*MODELS, odd(random)]), random.choice([(), odd(random)])
    found = ns.Population(random.choice(["p", "p", odd(random)]), size, model, rules)
    is_whole(size, found.size)
    if found.size < 10**4:
        _lowered(ns.Network([found]))


def _lowered(network: ns.Network) -> None:
    """Run it, too, where it can be."""
    program = ns.lower(network, Schedule([Phase("run", 2)]))
    with ReferenceBackend().compile(program) as session:
        session.run(Trials({}, 1))
    again = ns.Network.from_json(network.to_json(), network.arrays())
    accepted_only_if(again == network, "its JSON is of another network")


def projection(random: random.Random) -> None:
    keys = {
        "delay": lambda: odd(random), "learning": lambda: random.choice([[random.choice(RULES)], odd(random)]),
        "reciprocal": lambda: odd(random), "port": lambda: odd(random),
        "pre": lambda: odd(random), "post": lambda: odd(random),
        "connectivity": lambda: random.choice([odd(random), OneToOne()]), "name": lambda: odd(random),
        "synapse": lambda: random.choice([*SYNAPSES, odd(random)]),
    }  # fmt: skip
    given: dict[str, Any] = {"name": "j", "pre": "a", "post": "b"}
    given |= {n: keys[n]() for n in random.sample(sorted(keys), random.choice([1, 1, 2]))}
    found = ns.Projection(**given)
    if isinstance(found.delay, int):
        is_whole(given["delay"], found.delay)
    rate = ns.RateUnit
    network = ns.Network([ns.Population("a", 3, rate), ns.Population("b", 3, rate)], [found])
    if found.longest_delay < 1000:
        _lowered(network)


def pairs(random: random.Random) -> None:
    def indices() -> Any:
        return random.choice(
            [[odd(random) for _ in range(random.randrange(4))], [0, 1], odd_array(random, (2,)), odd(random)]
        )

    pre, post = indices(), indices()
    found = Pairs(pre, post)
    for given, kept in ((pre, found.pre), (post, found.post)):
        accepted_only_if(all(g == k for g, k in zip(given, kept, strict=True)), f"{given!r} became {list(kept)!r}")
        accepted_only_if(not any(isinstance(g, (bool, np.bool_, str)) for g in given), f"{given!r} are indices")


def arrays(random: random.Random) -> None:
    """A network whose arrays are something else, beside its text."""
    network = ns.Network(
        [ns.Population("a", 3, ns.Clamp), ns.Population("b", 2, ns.RateUnit)],
        [ns.Projection("j", "a", "b", connectivity=Pairs([0, 2, 0], [1, 0, 1]))],
    )
    [(name, good)] = network.arrays().items()
    other = random.choice(
        [
            good, good.astype("i8"), good.astype("u1"), good + 0.0, good[:, ::-1], good[::-1], good.T, good.tolist(),
            np.asfortranarray(good), good.astype("i8") + 2**33, -good, np.ma.masked_equal(good, 2),
            odd_array(random, (2, 3)), odd(random),
        ]
    )  # fmt: skip
    given = random.choice([{name: other}, {name: other}, {name: other}, {str(odd(random)): good}, odd(random)])
    found = ns.Network.from_json(network.to_json(), given)
    accepted_only_if(found == network, "other arrays than those of the network")


def model(random: random.Random) -> None:
    chosen = random.choice(MODELS)
    name = random.choice([*chosen.params, "self", "tau"])
    given = odd(random)
    found = chosen(**{name: given})
    _numbers(found, name, given)
    _lowered(ns.Network([ns.Population("p", 2, found)]))


def rule(random: random.Random) -> None:
    chosen = random.choice(RULES)
    name, given = random.choice([*chosen.params, "self", "name"]), odd(random)
    found = chosen(**{name: given})
    _numbers(found, name, given)
    if name in ("lr", "eps", "inc", "dec"):
        accepted_only_if(not found.params[name] < 0, f"{name} = {given!r}")


def _numbers(found: Any, name: str, given: Any) -> None:
    kept = found.params[name]
    value = getattr(kept, "initial", getattr(kept, "default", kept))
    accepted_only_if(isinstance(value, float) and math.isfinite(value), f"{name} = {given!r} became {value!r}")
    accepted_only_if(not isinstance(given, (bool, np.bool_, str, bytes)), f"{name} = {given!r} became {value!r}")


def own_model(random: random.Random) -> None:
    keys: dict[str, Callable[[], Any]] = {
        "state": lambda: random.choice([{"s": odd(random)}, odd(random)]),
        "params": lambda: random.choice([{"a": odd(random)}, odd(random)]),
        "update": lambda: random.choice([{"s": odd(random)}, odd(random)]), "output": lambda: odd(random),
        "spike": lambda: odd(random), "reset": lambda: {"s": odd(random)}, "ports": lambda: odd(random),
        "name": lambda: odd(random), "derived": lambda: {"d": odd(random)},
    }  # fmt: skip
    given: dict[str, Any] = {"state": {"s": 0.0}, "params": {"a": 1.0}, "update": {"s": "s + a*drive"}}
    given |= {n: keys[n]() for n in random.sample(sorted(keys), random.choice([1, 1, 2]))}
    _lowered(ns.Network([ns.Population("p", 2, NeuronModel(**given))]))


def own_rule(random: random.Random) -> None:
    given: dict[str, Any] = {"name": "r", "at": "step", "update": {"w": "w + lr*pre.s"}, "params": {"lr": 0.1}}
    for name in random.sample(sorted(given), random.choice([1, 2])):
        given[name] = random.choice([odd(random), {"w": odd(random)}, {"lr": odd(random)}])
    chosen = LearningRule(**given)
    network = ns.Network([ns.Population("p", 2, ns.RateUnit)], [ns.Projection("j", "p", "p", learning=[chosen])])
    _lowered(network)


def schedule(random: random.Random) -> None:
    phase: dict[str, Any] = {"name": "run", "steps": 2}
    for name in random.sample(["name", "steps", "constants", "assign"], 1):
        phase[name] = random.choice([odd(random), {"p.s": odd(random)}, {"s": odd(random)}])
    found = Phase(**phase)
    is_whole(phase["steps"], found.steps)
    probe = Probe(random.choice(["p.s", odd(random)]), random.choice(["step", "end:run", odd(random)]))
    stimuli = random.choice([{}, {"p.s": odd(random)}, odd(random)])
    if found.steps < 10_000:
        program = ns.lower(ns.Network([ns.Population("p", 2, ns.RateUnit)]), Schedule([found], [probe], stimuli))
        with ReferenceBackend().compile(program) as session:
            session.run(Trials({}, 1))


def _small() -> tuple[Any, ns.Network]:
    network = ns.Network(
        [ns.Population("a", 3, ns.Clamp), ns.Population("b", 2, ns.RateUnit)],
        [ns.Projection("j", "a", "b", learning=[LearningRule("r", "step", {"w": "w + lr*pre.s*post.s"}, {"lr": 0.1})])],
    )
    steps = Schedule([Phase("run", 2)], [Probe("b.s", "step")], {"a.s": "constant"})
    return ns.lower(network, steps), network


def _odd_key(random: random.Random) -> Any:
    """Anything that a dictionary takes for a key."""
    value = odd(random)
    try:
        hash(value)
    except TypeError:
        return None
    return value


def trials(random: random.Random) -> None:
    program, _ = _small()
    given = odd_array(random, (2, 3))
    count = random.choice([-1, -1, odd(random)])
    asked = Trials({random.choice(["a.s", "a.s", "a.s", "b.s", _odd_key(random)]): given}, count)
    constants = random.choice([None, None, {"j.r.lr": odd(random)}, odd(random)])
    with ReferenceBackend().compile(program) as session:
        records = session.run(asked, constants=constants)
        accepted_only_if(bool(np.isfinite(records["b.s@step"]).all()), "a state that is not finite")
    _real(given)


def _real(given: Any) -> None:
    accepted_only_if(not np.ma.is_masked(given), "masked values")
    accepted_only_if(np.asarray(given).dtype.kind in "fiub", f"values of type {np.asarray(given).dtype}")
    accepted_only_if(bool(np.isfinite(np.asarray(given, float)).all()), "values that are not finite")


def weights(random: random.Random) -> None:
    program, _ = _small()
    given = odd_array(random, (3, 2))
    with ReferenceBackend().compile(program) as session:
        session.write(random.choice([{"j.w": given}, {"j.w": given}, {"j.x": given}, odd(random)]))
    if isinstance(given, (np.ndarray, list)):
        session_has = session.read().get("j.w")
        if session_has is not None and np.any(session_has):
            _real(given)


def quantised(random: random.Random) -> None:
    _, network = _small()
    formats = [ns.Grid(), ns.Grid(20, 24)]
    steps = Schedule([Phase("run", 2)], [], {"a.s": "constant"})
    program = ns.lower(network, steps, precision=random.choice(formats))
    given = odd_array(random, (3, 2))
    found, _ = ns.quantise({"j.w": given}, program)
    _real(given)
    accepted_only_if(bool(np.isfinite(found["j.w"]).all()), "a weight that is not finite")


def events(random: random.Random) -> None:
    steps = Schedule([Phase("run", 4)], [Probe("b.s", "step")], {"a.s": "events"})
    network = ns.Network(
        [ns.Population("a", 3, ns.SpikeInput), ns.Population("b", 2, ns.RateUnit)], [ns.Projection("j", "a", "b")]
    )
    stimulus = next(iter(n for n in ns.SpikeInput.params))
    program = ns.lower(network, Schedule(steps.phases, steps.probes, {f"a.{stimulus}": "events"}))
    dense = odd_array(random, (2, 4, 3))
    given = random.choice(
        [
            lambda: Events.from_dense(dense),
            lambda: Events(odd_array(random, (9,)), odd_array(random, (4,)), odd(random), odd(random)),
            lambda: Events(np.arange(9), np.array([random.randrange(-1, 4) for _ in range(8)], np.int32), 4, 3),
            lambda: Events.from_lists([odd_array(random, (2,)) for _ in range(8)], 4, 3),
            lambda: dense,
        ]
    )()
    with ReferenceBackend().compile(program) as session:
        session.run(Trials({f"a.{stimulus}": given}))


CALLS: tuple[Callable[[random.Random], None], ...] = (
    population, projection, pairs, arrays, model, rule, own_model, own_rule, schedule, trials, weights, quantised,
    events,
)  # fmt: skip

KIND = Kind("argument", 14, make, run)
