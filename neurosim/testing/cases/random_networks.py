"""Random small networks with schedules, weights and stimuli, as a hypothesis strategy that gives cases.

Parts of the library and models of no library; one to four populations between one or two inputs; any direction, both
directions, recurrent, several ports; rules of every moment; stimuli of every kind. Everything is bounded, so that sums
on the grid stay exact, and no function is used whose last bit is a library's own: the runs must be equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from neurosim.model.connectivity import AllToAll, Connectivity, OneToOne, Pairs
from neurosim.model.learning import BiasPropagation, EquilibriumPropagation, LearningRule, SleepPlasticity
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import (
    LIF,
    Clamp,
    Driven,
    Heaviside,
    LeakyRateUnit,
    Learned,
    NeuronModel,
    RateUnit,
    SpikeInput,
    driven,
    learned,
)
from neurosim.model.synapses import Dense, SynapseModel
from neurosim.program.precision import Grid
from neurosim.program.schedule import STIMULUS_KINDS, Array, Events, Phase, Probe, Schedule, StimulusKind, Trials
from neurosim.program.variables import VariableKey
from neurosim.testing.cases.small import ADAPTIVE, BINARY, ELIGIBLE, TWO_PORTS, Case

SCALED_INPUT = NeuronModel(
    "ScaledInput",
    params={"x": driven(), "scale": 0.75, "offset": 0.125},
    output="clip(scale*x**2 - offset, -1, 1)",
    ports=(),
)
"""output = clip(scale*x**2 - offset, -1, 1). An input whose output is an expression of its stimulus."""

BURSTING = NeuronModel(
    "Bursting",
    state={"v": 0.125, "c": 0.0},
    params={"decay": 0.75, "theta": 0.5, "bias": learned(0.0625), "gate": driven(1.0)},
    update={"v": "decay*v + gate*drive + bias - c/8", "c": "0.75*c"},
    spike="v >= theta",
    reset={"v": "v - theta", "c": "minimum(c + 1, 4)"},
    output="clip(v, -0.5, 0.5)",
)
"""Spikes and resets beside a graded output."""

INPUTS = (Clamp, SpikeInput, SCALED_INPUT)
UNITS = (
    RateUnit, RateUnit(eps=0.25, bias=0.125), LeakyRateUnit, LIF(theta=0.5), Heaviside(theta=0.25, decay=0.75),
    ADAPTIVE, TWO_PORTS, BURSTING,
)  # fmt: skip
SCALED = SynapseModel("Scaled", {"w": 0.0}, "k*w", {"k": 0.5})
SYNAPSES = (Dense, SCALED, BINARY(scale=0.25), ELIGIBLE)


@st.composite
def generic_units(draw: st.DrawFn) -> NeuronModel:
    """Two states that read each other, two ports or one; a bounded output or spikes."""
    ports = draw(st.sampled_from([("drive",), ("drive", "other")]))
    arriving = draw(st.sampled_from(["drive", "0.5*drive", "maximum(drive, 0)"]))
    arriving += " - other" if len(ports) > 1 else ""
    first = draw(
        st.sampled_from(["a + rate*({} - a)", "clip(a + rate*({}), -1, 1)", "rate*b + where({0} > a, {0}, 0)"])
    )
    second = draw(st.sampled_from(["0.5*b + 0.25*a", "maximum(a, 0.75*b)", "where(a > 0.25, minimum(b + 0.25, 1), 0)"]))
    output = draw(st.sampled_from(["clip(a, -1, 1)", "clip(b - a, 0, 1)", "spike"]))
    spikes = output == "spike" or draw(st.booleans())
    reset: dict[str, str] = draw(st.sampled_from([{}, {"a": "0"}, {"a": "a - theta", "b": "minimum(b, 0.5) + 0.125"}]))
    return NeuronModel(
        "Generic",
        state={"a": draw(st.sampled_from([0.0, 0.125])), "b": 0.25},
        params={"rate": 0.5, "theta": 0.25, "own": learned(0.0625)},
        update={"a": first.format(arriving), "b": f"{second} + own"},
        spike=draw(st.sampled_from(["a >= theta", "a > theta and not b > 1"])) if spikes else None,
        reset=reset if spikes else {},
        output=output,
        ports=ports,
    )


@st.composite
def random_cases(draw: st.DrawFn, least_features: int = 0) -> Case:
    """A run of some hundred steps that needs at least so many features."""
    cases = _cases(least_features)
    return draw(
        cases.filter(lambda c: len(c.program(Grid()).features()) >= least_features) if least_features else cases
    )


@dataclass(frozen=True)
class _Trial:
    phases: Sequence[Phase]
    count: int

    @property
    def steps(self) -> int:
        return sum(p.steps for p in self.phases)


@st.composite
def _cases(draw: st.DrawFn, least_features: int) -> Case:
    few = 2 if least_features else 1
    inputs = [Population(f"in{i}", draw(st.integers(1, 5)), draw(st.sampled_from(INPUTS))) for i in range(draw(_1_2))]
    units = [draw(_populations(f"p{i}")) for i in range(draw(st.integers(few, 4)))]
    projections = [draw(_projections("first", inputs[:1], units[:1]))]
    projections += [draw(_projections(f"j{k}", [*inputs, *units], units)) for k in range(draw(st.integers(few, 5)))]
    network = Network([*inputs, *units], projections)
    trial = _Trial(draw(_phases(units)), draw(st.integers(2, 5)))
    kinds = draw(_stimuli(network))
    schedule = Schedule(trial.phases, draw(_probes(units)), kinds)
    random = np.random.Generator(np.random.Philox(draw(st.integers(0, 2**32))))
    trials = _arrays(network, kinds, trial, random)
    run = draw(st.sampled_from([True, True, True, False]))
    constants = draw(st.sampled_from([{}, {"steps.nudged": 3.0}, {"steps.free": 0.0}, {"steps.free": 17.0}]))
    kept = {} if trials_have_steps(kinds) else constants
    return Case("random", network, schedule, _weights(network, random), trials, kept, learn=run)


_1_2 = st.integers(1, 2)


def trials_have_steps(kinds: Mapping[str, str]) -> bool:
    """Whether some stimulus has a value for each step, which fixes the length of a trial."""
    return any(k != "constant" for k in kinds.values())


@st.composite
def _populations(draw: st.DrawFn, name: str) -> Population:
    model = draw(st.one_of(st.sampled_from(UNITS), generic_units()))
    rules: list[LearningRule] = []
    can_learn = [n for n, v in model.params.items() if isinstance(v, Learned)]
    learns, propagates = draw(st.booleans()), draw(st.booleans())
    if can_learn and learns:
        if "s_free" in model.state and propagates:
            rules = [BiasPropagation(lr=0.05)]
        else:
            variable, state = can_learn[0], next(iter(model.state))
            moment = draw(st.sampled_from(["step", "end:free", "end:nudged"]))
            text = f"clip({variable} + lr*(0.25 - abs({state})), -0.5, 0.5)"
            rules = [LearningRule("homeostasis", moment, {variable: text}, {"lr": 0.0625})]
    return Population(name, draw(st.integers(1, 6)), model, rules)


@st.composite
def _projections(
    draw: st.DrawFn, name: str, sources: Sequence[Population], targets: Sequence[Population]
) -> Projection:
    pre, post = draw(st.sampled_from(sources)), draw(st.sampled_from(targets))
    source, target = pre.model_in("wake"), post.model_in("wake")
    synapse = draw(st.sampled_from(SYNAPSES))
    back = not source.is_input and draw(st.booleans())
    may_be_late = _keeps_its_past(source) and (not back or _keeps_its_past(target))
    rules = draw(_rules(source, target, synapse))
    port = draw(st.sampled_from(target.ports))
    back_port = draw(st.sampled_from(source.ports)) if back else "drive"
    delay = draw(st.sampled_from([None, 2, 5])) if may_be_late else None
    return Projection(
        name,
        pre.name,
        post.name,
        synapse,
        rules,
        back,
        port,
        back_port,
        delay,
        draw(_connectivity(pre.size, post.size)),
    )


@st.composite
def _connectivity(draw: st.DrawFn, pre: int, post: int) -> Connectivity:
    """Mostly all to all; else some pairs in any order, or one to one where that is possible."""
    choices: list[Connectivity] = [AllToAll(), AllToAll()]
    if draw(st.booleans()):
        every = [(i, k) for i in range(pre) for k in range(post)]
        pairs = draw(st.lists(st.sampled_from(every), min_size=1, unique=True))
        choices = [Pairs([i for i, _ in pairs], [k for _, k in pairs])]
        choices += [OneToOne()] * (pre == post)
    return draw(st.sampled_from(choices))


def _keeps_its_past(model: NeuronModel) -> bool:
    """What it delivers is a state or a spike, which can be delayed; not its stimulus, nor an expression."""
    return not model.is_input and (model.output == "spike" or model.output in model.state)


@st.composite
def _rules(draw: st.DrawFn, pre: NeuronModel, post: NeuronModel, synapse: SynapseModel) -> list[LearningRule]:
    """No rule, one of any moment, or two that read each other's variables."""
    w = next(iter(synapse.state))
    before = next(iter(pre.state or [n for n, v in pre.params.items() if isinstance(v, Driven)]))
    after = next(iter(post.state))
    hebb = f"clip({w} + lr*(arrived*post.{after} - {w}/8), -1, 1)"
    late = f"clip({w} + lr*(pre.{before} - arrived)*post.{after}, -1, 1)"
    choices: list[list[LearningRule]] = [[], [LearningRule("hebb", "step", {w: hebb}, {"lr": 0.0625})]]
    choices += [[LearningRule("late", f"end:{phase}", {w: late}, {"lr": 0.125})] for phase in ("free", "nudged")]
    if post.spike is not None:
        flow = f"{w} + inc*arrived - dec*(1 - arrived) - {w}/16"
        choices.append([LearningRule("flow", "post.spike", {w: flow}, {"inc": 2.0**-4, "dec": 2.0**-6})])
        choices += [[SleepPlasticity(inc=2.0**-5, dec=2.0**-6)]] if w == "w" and pre.output == "spike" else []
    if {"s", "s_free"} <= pre.variables & post.variables and w == "w":
        choices.append([EquilibriumPropagation(lr=0.05)])
    if "trace" in synapse.state:
        trace = LearningRule("trace", "step", {"trace": f"0.75*trace + arrived*post.{after} - w/8"})
        reward = LearningRule("reward", "end:nudged", {"w": "clip(w + lr*trace, -1, 1)"}, {"lr": 0.0625})
        choices.append([trace])
        choices.append([replace_moment(trace, "end:free"), reward])
    return draw(st.sampled_from(choices))


def replace_moment(rule: LearningRule, at: str) -> LearningRule:
    """The same rule at another moment."""
    return LearningRule(rule.name, at, rule.update, rule.params)


@st.composite
def _phases(draw: st.DrawFn, units: Sequence[Population]) -> list[Phase]:
    """`free` and `nudged`; a constant with a value of its own, assignments of all and of one population."""
    assign = {"s_free": "s"} if any("s_free" in p.model_in("wake").state for p in units) else {}
    overrides = {}
    if draw(st.booleans()):
        unit = draw(st.sampled_from(units))
        params = unit.model_in("wake").params
        constants = [n for n, v in params.items() if not isinstance(v, (Learned, Driven))]
        name = draw(st.sampled_from(constants))
        overrides[f"{unit.name}.{name}"] = draw(st.sampled_from([0.25, 0.375]))
    if draw(st.booleans()):
        unit = draw(st.sampled_from(units))
        state = draw(st.sampled_from([n for n in unit.model_in("wake").state if n not in ("s_free", "s_plus")]))
        later = {f"{unit.name}.{state}": f"clip({state}/2 + 0.125, -1, 1)"}
    else:
        later = {}
    free, nudged = draw(st.integers(1, 30)), draw(st.integers(1, 30))
    return [Phase("free", free, assign=assign), Phase("nudged", nudged, overrides, later)]


@st.composite
def _probes(draw: st.DrawFn, units: Sequence[Population]) -> list[Probe]:
    probes = []
    for p in units:
        model = p.model_in("wake")
        state = draw(st.sampled_from([n for n in model.state if n not in ("s_free", "s_plus")]))
        moments = draw(st.sampled_from([("step",), ("end:free",), ("end:nudged", "step"), ()]))
        probes += [Probe(f"{p.name}.{state}", at) for at in moments]
        if model.spike is not None:
            probes.append(Probe(f"{p.name}.spike", "step"))
    return probes


@st.composite
def _stimuli(draw: st.DrawFn, network: Network) -> dict[str, StimulusKind]:
    """A kind for what drives each input, and for some of the driven parameters of the others."""
    kinds = {}
    for p in network.populations:
        model = p.model_in("wake")
        for n, value in model.params.items():
            if isinstance(value, Driven) and (model.is_input or draw(st.booleans())):
                kinds[f"{p.name}.{n}"] = draw(st.sampled_from(STIMULUS_KINDS))
    return kinds


def _arrays(network: Network, kinds: Mapping[str, str], trial: _Trial, random: np.random.Generator) -> Trials:
    stimuli: dict[str, Array | Events] = {}
    for name, kind in kinds.items():
        size = network.population(VariableKey.from_text(name).owner).size
        if kind == "constant":
            stimuli[name] = random.random((trial.count, size))
        elif kind == "steps":
            stimuli[name] = random.random((trial.count, trial.steps, size))
        else:
            stimuli[name] = Events.from_dense(random.random((trial.count, trial.steps, size)) < 0.3)
    return Trials(stimuli, trial.count)


def _weights(network: Network, random: np.random.Generator) -> dict[str, Array]:
    """On the default grid, mostly excitatory."""
    grid = 2.0 ** Grid().weight_bits
    projections = {j.name for j in network.projections}
    return {
        n: np.round(random.uniform(-0.5, 1.0, v.shape) * grid) / grid
        if VariableKey.from_text(n).owner in projections
        else random.random(v.shape) / 8
        for n, v in network.learned().items()
    }
