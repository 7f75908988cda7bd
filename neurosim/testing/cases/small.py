"""Small runs that together use every part of a step; a backend must give what the reference gives on each.

Each case is a network with a schedule, learned arrays, trials and constants. `length` shortens it for slow targets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from neurosim.model.learning import (
    BiasPropagation,
    EquilibriumPropagation,
    LearningRule,
    SleepPlasticity,
    SmoothSleepPlasticity,
    SymmetricBiasPropagation,
    SymmetricEquilibriumPropagation,
)
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import (
    LIF,
    Clamp,
    Heaviside,
    LeakyRateUnit,
    LeakyTanhRateUnit,
    NeuronModel,
    RateUnit,
    SpikeInput,
    TanhRateUnit,
    driven,
    learned,
)
from neurosim.model.synapses import SynapseModel
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid, Precision, quantise
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Trials


@dataclass(frozen=True, eq=False)
class Case:
    """One run; its weights are on the default grid in float64, too.

    Attributes
    ----------
    learned
        Learned arrays of the network by name, float64, in the shape of its variable.
    constants
        Values of constants that differ from the network's, by key.
    learn
        Whether rules fire; False for inference.
    """

    name: str
    network: Network
    schedule: Schedule
    learned: Mapping[str, Array]
    trials: Trials
    constants: Mapping[str, float] = field(default_factory=dict)
    learn: bool = True

    def program(self, precision: Precision | None = None) -> Program:
        """The program of the network and schedule; float64 without a precision."""
        return lower(self.network, self.schedule, precision=precision)

    def learned_for(self, program: Program) -> dict[str, Array]:
        """The learned arrays by name, on the program's grid if it has one."""
        return quantise(self.learned, program)[0]


def generator(seed: int) -> np.random.Generator:
    """Return what draws the data of a case; backends draw nothing."""
    return np.random.Generator(np.random.Philox(seed))


def _weights(network: Network, seed: int, low: float, high: float) -> dict[str, Array]:
    """Uniform weights on the default grid, small biases."""
    r = generator(seed)
    grid = 2.0 ** Grid().weight_bits
    arrays = {}
    for name, variable in network.learned().items():
        interval = (low, high) if len(variable.shape) == 2 else (-0.1, 0.1)
        arrays[name] = np.round(r.uniform(*interval, variable.shape) * grid) / grid
    return arrays


def _one_sided(name: str, unit: NeuronModel, length: float, sizes: tuple[int, int, int] = (12, 20, 5)) -> Case:
    wake = [EquilibriumPropagation(lr=0.05)]
    network = Network(
        [
            Population("input", sizes[0], Clamp),
            Population("hidden", sizes[1], unit, [BiasPropagation(lr=0.05)]),
            Population("output", sizes[2], unit, [BiasPropagation(lr=0.02)]),
        ],
        [
            Projection("input_hidden", "input", "hidden", learning=wake),
            Projection("hidden_output", "hidden", "output", learning=wake, reciprocal=True),
        ],
    )
    schedule = Schedule(
        [Phase("free", 20, assign={"s_free": "s"}), Phase("nudged", 4, {"output.beta": 0.5})],
        [Probe("output.s", "end:free"), Probe("hidden.s", "end:nudged")],
        {"input.s": "constant", "output.target": "constant"},
    )
    return Case(name, network, schedule, _weights(network, 1, -0.5, 0.5), _patterns(sizes, round(60 * length)))


def _patterns(sizes: tuple[int, ...], count: int) -> Trials:
    r = generator(2)
    targets = np.eye(sizes[-1])[r.integers(0, sizes[-1], count)]
    return Trials({"input.s": r.random((count, sizes[0])), "output.target": targets})


def ep_one_sided(length: float = 1.0) -> Case:
    """One-sided equilibrium propagation in rate units: a free phase and a nudged one."""
    return _one_sided("ep_one_sided", RateUnit, length)


def ep_tanh(length: float = 1.0) -> Case:
    """One-sided equilibrium propagation in units with tanh."""
    return _one_sided("ep_tanh", TanhRateUnit, length)


def ep_leaky(length: float = 1.0) -> Case:
    """One-sided equilibrium propagation in leaky units."""
    return _one_sided("ep_leaky", LeakyRateUnit, length)


def ep_leaky_tanh(length: float = 1.0) -> Case:
    """One-sided equilibrium propagation in leaky units with tanh."""
    return _one_sided("ep_leaky_tanh", LeakyTanhRateUnit, length)


def ep_symmetric(length: float = 1.0) -> Case:
    """Symmetric equilibrium propagation: a free phase and two that are nudged both ways."""
    sizes = (12, 20, 5)
    rule, bias = SymmetricEquilibriumPropagation(lr=0.05), SymmetricBiasPropagation(lr=0.05)
    network = Network(
        [
            Population("input", sizes[0], Clamp),
            Population("hidden", sizes[1], RateUnit, [bias]),
            Population("output", sizes[2], RateUnit, [bias]),
        ],
        [
            Projection("input_hidden", "input", "hidden", learning=[rule]),
            Projection("hidden_output", "hidden", "output", learning=[rule], reciprocal=True),
        ],
    )
    schedule = Schedule(
        [
            Phase("free", 20, assign={"s_free": "s"}),
            Phase("plus", 4, {"output.beta": 0.5}, assign={"s_plus": "s", "s": "s_free"}),
            Phase("minus", 4, {"output.beta": -0.5}),
        ],
        [Probe("output.s", "end:free"), Probe("output.s", "end:plus")],
        {"input.s": "constant", "output.target": "constant"},
    )
    weights = _weights(network, 3, -0.5, 0.5)
    return Case("ep_symmetric", network, schedule, weights, _patterns(sizes, round(60 * length)))


def ep_inference(length: float = 1.0) -> Case:
    """A training program that only infers: no step in the nudged phase, no rule fires."""
    case = ep_one_sided(length)
    return Case(
        "ep_inference", case.network, case.schedule, case.learned, case.trials, {"steps.nudged": 0}, learn=False
    )


def ep_other_constants(length: float = 1.0) -> Case:
    """Every constant with another value than the network has, phases of other lengths."""
    case = ep_one_sided(length)
    constants = {
        "steps.free": 11, "steps.nudged": 7, "output.beta@nudged": 0.3, "hidden.eps": 0.35, "output.eps": 0.4,
        "input_hidden.ep.lr": 0.03, "input_hidden.ep.beta": 0.3, "hidden.ep_bias.beta": 0.3,
    }  # fmt: skip
    return Case("ep_other_constants", case.network, case.schedule, case.learned, case.trials, constants)


def _sleep(name: str, rule: LearningRule, length: float, reciprocal: bool = False) -> Case:
    network = Network(
        [
            Population("input", 14, SpikeInput),
            Population("hidden", 22, Heaviside(theta=0.5, decay=0.95)),
            Population("output", 6, Heaviside(theta=0.4, decay=0.95)),
        ],
        [
            Projection("input_hidden", "input", "hidden", learning=[rule]),
            Projection("hidden_output", "hidden", "output", learning=[rule], reciprocal=reciprocal),
        ],
    )
    steps = round(800 * length)
    schedule = Schedule(
        [Phase("sleep", steps)],
        [Probe("hidden.spike", "step"), Probe("output.spike", "step"), Probe("output.v", "end:sleep")],
        {"input.x": "events"},
    )
    spikes = Events.from_dense(generator(4).random((1, steps, 14)) < 0.15)
    return Case(name, network, schedule, _weights(network, 5, -0.25, 0.3), Trials({"input.x": spikes}))


def sleep(length: float = 1.0) -> Case:
    """Sleep plasticity at the spikes of neurons with a hard threshold."""
    return _sleep("sleep", SleepPlasticity(inc=2.0**-9, dec=2.0**-11), length)


def sleep_smooth(length: float = 1.0) -> Case:
    """Smooth sleep plasticity at the spikes of neurons with a hard threshold."""
    return _sleep("sleep_smooth", SmoothSleepPlasticity(inc=2.0**-9, dec=2.0**-11), length)


def sleep_reciprocal(length: float = 1.0) -> Case:
    """Spikes in both directions of one matrix."""
    return _sleep("sleep_reciprocal", SleepPlasticity(inc=2.0**-9, dec=2.0**-11), length, reciprocal=True)


def recurrent_spiking(length: float = 1.0) -> Case:
    """Recurrent LIF neurons without learning."""
    network = Network(
        [Population("input", 10, SpikeInput), Population("recurrent", 30, LIF(tau_mem=10.0, theta=0.5))],
        [Projection("forward", "input", "recurrent"), Projection("lateral", "recurrent", "recurrent")],
    )
    steps = round(150 * length)
    schedule = Schedule(
        [Phase("run", steps)],
        [Probe("recurrent.spike", "step"), Probe("recurrent.v", "end:run"), Probe("recurrent.v", "step")],
        {"input.x": "events"},
    )
    spikes = Events.from_dense(generator(6).random((3, steps, 10)) < 0.2)
    return Case("recurrent_spiking", network, schedule, _weights(network, 7, -0.12, 0.11), Trials({"input.x": spikes}))


ADAPTIVE = NeuronModel(
    "AdaptiveThreshold",
    state={"v": 0.0, "a": 0.0, "r": 0.0},
    params={"leak": 0.25, "up": 0.5, "down": 0.9},
    update={
        "v": "v + leak*(drive - v)",
        "a": "down*a + where(v > 0.3 + a, up, 0)",
        "r": "clip(2*(v - a), 0, 1)",
    },
    output="r",
)
"""A model that no backend knows: a rate unit whose threshold rises with its activity."""

OJA = LearningRule("oja", "step", {"w": "w + lr*post.r*(arrived - post.r*w)"}, {"lr": 0.02})
"""w' = w + lr*post.r*(arrived - post.r*w). Oja's rule, every step."""

TWO_PORTS = NeuronModel(
    "TwoPorts",
    state={"u": 0.1},
    params={"gain": learned(1.0), "gate": driven(1.0), "leak": 0.25},
    update={"u": "u + leak*(-u + drive*gain - inhibition)"},
    output="clip(gate*u/2, -0.5, 0.5)",
    ports=("drive", "inhibition"),
)
"""An excitatory and an inhibitory sum, a gate that a stimulus drives, and an output that is an expression."""

BINARY = SynapseModel("Binarised", {"h": 0.0}, "scale*where(h >= 0, 1, -1)", {"scale": 0.125})
"""delivered = scale*sign(h): a hidden weight learns, its sign is delivered."""

HIDDEN_STEP = LearningRule(
    "metaplastic",
    "step",
    {"h": "h + lr*arrived*(post.u - 0.1)*where(h*(post.u - 0.1) < 0 and not h == 0, 1/(1 + m*h**2), 1)"},
    {"lr": 0.2, "m": 1.5},
)
"""Steps that shrink |h| are the smaller the larger |h| is."""

GAIN_STEP = LearningRule("gain", "end:late", {"gain": "gain - lr*minimum(abs(u), 0.5)"}, {"lr": 0.1})


def novel(length: float = 1.0) -> Case:
    """A neuron model and a rule that are not of the library."""
    network = Network(
        [
            Population("input", 9, Clamp),
            Population("middle", 16, ADAPTIVE),
            Population("top", 7, ADAPTIVE(leak=0.5)),
        ],
        [
            Projection("input_middle", "input", "middle", learning=[OJA]),
            Projection("middle_top", "middle", "top", learning=[OJA(lr=0.01)]),
        ],
    )
    steps = round(60 * length)
    schedule = Schedule(
        [Phase("run", steps)], [Probe("top.r", "step"), Probe("middle.a", "end:run")], {"input.s": "steps"}
    )
    trials = Trials({"input.s": generator(8).random((4, steps, 9))})
    return Case("novel", network, schedule, _weights(network, 9, -0.2, 0.5), trials)


def two_ports(length: float = 1.0) -> Case:
    """Neurons with two ports and stimuli of their own, binarised weights, and rules of every step."""
    network = Network(
        [
            Population("input", 9, Clamp),
            Population("first", 12, TWO_PORTS, [GAIN_STEP]),
            Population("second", 8, TWO_PORTS(leak=0.5)),
        ],
        [
            Projection("excite", "input", "first", BINARY(scale=0.25), learning=[HIDDEN_STEP]),
            Projection("feed", "first", "second", reciprocal=True, reciprocal_port="inhibition"),
            Projection("lateral", "second", "second", BINARY, port="inhibition", learning=[HIDDEN_STEP(m=0.5)]),
        ],
    )
    early, late = round(12 * length), round(20 * length)
    schedule = Schedule(
        [Phase("early", early, {"first.leak": 0.5}, assign={"first.u": "u/2"}), Phase("late", late)],
        [Probe("second.u", "step"), Probe("first.u", "end:early")],
        {"input.s": "constant", "first.gate": "steps", "second.gate": "constant"},
    )
    r = generator(10)
    stimuli = {
        "input.s": r.random((5, 9)),
        "first.gate": (r.random((5, early + late, 12)) < 0.8).astype(float),
        "second.gate": (r.random((5, 8)) < 0.7).astype(float),
    }
    return Case("two_ports", network, schedule, _weights(network, 11, -0.3, 0.3), Trials(stimuli))


ELIGIBLE = SynapseModel("Eligible", {"w": 0.0, "trace": 0.0}, "w")
TRACE = LearningRule("trace", "step", {"trace": "keep*trace + arrived*post.r*post.up"}, {"keep": 0.75})
REWARD = LearningRule("reward", "end:late", {"w": "w + lr*(trace - pre.s*w*post.leak)"}, {"lr": 0.01})


def eligibility(length: float = 1.0) -> Case:
    """A rule of every step and one at a phase's end that reads what the other is about to write.

    Both read constants of the population that a phase overrides.
    """
    network = Network(
        [Population("input", 9, Clamp), Population("output", 12, ADAPTIVE)],
        [Projection("input_output", "input", "output", ELIGIBLE, learning=[TRACE, REWARD])],
    )
    early, late = round(8 * length), round(12 * length)
    schedule = Schedule(
        [Phase("early", early, {"output.up": 0.25}), Phase("late", late, {"output.leak": 0.5})],
        [Probe("output.r", "end:late")],
        {"input.s": "steps"},
    )
    trials = Trials({"input.s": generator(12).random((12, early + late, 9))})
    return Case("eligibility", network, schedule, _weights(network, 13, -0.1, 0.3), trials)


def delays(length: float = 1.0) -> Case:
    """Graded outputs that arrive late in both directions of a matrix, and a rule that learns from what arrived."""
    network = Network(
        [Population("input", 9, Clamp), Population("first", 12, ADAPTIVE), Population("second", 8, ADAPTIVE(leak=0.5))],
        [
            Projection("feed", "input", "first"),
            Projection("forth", "first", "second", learning=[OJA], reciprocal=True, delay=3),
            Projection("lateral", "second", "second", delay=2),
        ],
    )
    steps = round(20 * length)
    schedule = Schedule(
        [Phase("run", steps)], [Probe("second.r", "step"), Probe("first.r", "step")], {"input.s": "steps"}
    )
    trials = Trials({"input.s": generator(14).random((4, steps, 9))})
    return Case("delays", network, schedule, _weights(network, 15, -0.2, 0.3), trials)


def delayed_spikes(length: float = 1.0) -> Case:
    """Spikes that arrive late, beside some that do not, and sleep plasticity that sees the late ones."""
    rule = SleepPlasticity(inc=2.0**-9, dec=2.0**-11)
    network = Network(
        [Population("input", 10, SpikeInput), Population("hidden", 24, LIF), Population("output", 6, LIF)],
        [
            Projection("feed", "input", "hidden"),
            Projection("late", "hidden", "output", learning=[rule], delay=4),
            Projection("lateral", "hidden", "hidden", delay=2),
            Projection("direct", "hidden", "output"),
        ],
    )
    steps = round(150 * length)
    schedule = Schedule(
        [Phase("run", steps)], [Probe("hidden.spike", "step"), Probe("output.spike", "step")], {"input.x": "events"}
    )
    spikes = Events.from_dense(generator(16).random((3, steps, 10)) < 0.3)
    return Case("delayed_spikes", network, schedule, _weights(network, 17, -0.12, 0.25), Trials({"input.x": spikes}))


CASES: dict[str, Callable[[float], Case]] = {
    f.__name__: f
    for f in (
        ep_one_sided, ep_symmetric, ep_inference, ep_other_constants, ep_tanh, ep_leaky, ep_leaky_tanh,
        sleep, sleep_smooth, sleep_reciprocal, recurrent_spiking, novel, two_ports, eligibility, delays, delayed_spikes,
    )
}  # fmt: skip
"""All cases by name; each takes its length, 1 for the whole."""
