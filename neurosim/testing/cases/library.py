"""Small runs of every neuron, synapse and rule of the library that `neurosim.testing.cases.small` does not use."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from neurosim.model.learning import (
    STDP,
    AdamPropagation,
    ArrivalSTDP,
    BiasPropagation,
    BinaryPropagation,
    DeltaBias,
    DeltaRule,
    EquilibriumPropagation,
    LearningRule,
    MomentumPropagation,
    SymmetricAdamPropagation,
    SymmetricBiasPropagation,
    SymmetricBinaryPropagation,
    SymmetricEquilibriumPropagation,
    SymmetricMomentumPropagation,
    ThreeFactor,
)
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import (
    LIF,
    AdaptiveLIF,
    Clamp,
    CubaLIF,
    CurrentLIF,
    LeakyReadout,
    LIFToValue,
    LogisticReadout,
    LowPass,
    NeuronModel,
    PrototypicalRateUnit,
    RateUnit,
    RefractoryLIF,
    Sign,
    SpikeInput,
    SubtractiveCurrentLIF,
    SurrogateLIF,
    TracedLIF,
)
from neurosim.model.synapses import (
    Adam,
    Binary,
    Dense,
    Eligible,
    Excitatory,
    Inhibitory,
    Momentum,
    SynapseModel,
    Ternary,
    Traced,
)
from neurosim.program.precision import Grid
from neurosim.program.schedule import Array, Events, Phase, Probe, Schedule, Trials
from neurosim.testing.cases.small import Case, generator


def weights(network: Network, seed: int, low: float, high: float) -> dict[str, Array]:
    """The first variable of each projection: uniform; the others keep their initial values.

    Between all pairs they are on the default grid, for the order of their sums is free. A list of synapses has an
    order, and every bit of these weights is used to see it.

    Parameters
    ----------
    low, high
        Bounds of the values, in the unit of the variable.

    Returns
    -------
    dict
        Arrays by variable, each of shape (pre, post), or (synapses,) where not all are connected.
    """
    random = generator(seed)
    grid = 2.0 ** Grid().weight_bits
    learned, arrays = network.learned(), {}
    for j in network.projections:
        name = f"{j.name}.{next(iter(j.synapse.state))}"
        values = random.uniform(low, high, learned[name].shape)
        arrays[name] = values if values.ndim == 1 else np.round(values * grid) / grid
    return arrays


def _events(seed: int, trials: int, steps: int, units: int, probability: float) -> Events:
    return Events.from_dense(generator(seed).random((trials, steps, units)) < probability)


# Neurons


def _spiking(name: str, unit: NeuronModel, seed: int, length: float, phase_constants: dict[str, float]) -> Case:
    """An input, recurrent neurons of the model, and a readout; in the second phase some constants differ."""
    network = Network(
        [Population("input", 10, SpikeInput), Population("units", 16, unit), Population("top", 4, LeakyReadout)],
        [
            Projection("forward", "input", "units"),
            Projection("lateral", "units", "units"),
            Projection("readout", "units", "top"),
        ],
    )
    early, late = round(60 * length), round(60 * length)
    schedule = Schedule(
        [Phase("early", early), Phase("late", late, {f"units.{n}": v for n, v in phase_constants.items()})],
        [Probe("units.spike", "step"), Probe("top.o", "step"), Probe("top.f", "end:late")],
        {"input.x": "events"},
    )
    trials = Trials({"input.x": _events(seed, 3, early + late, 10, 0.2)})
    return Case(name, network, schedule, weights(network, seed + 1, -0.25, 0.3), trials, {"top.tau_mem": 12.5})


def lif(length: float = 1.0) -> Case:
    """Recurrent LIF neurons; a later phase has a longer membrane time constant."""
    return _spiking("lif", LIF(tau_mem=8.0, theta=0.75), 20, length, {"tau_mem": 20.0})


def lif_to_value(length: float = 1.0) -> Case:
    """LIF neurons that are reset to a value; a later phase has a shorter time step."""
    return _spiking("lif_to_value", LIFToValue(v_reset=-0.25, theta=0.75), 22, length, {"dt": 0.5})


def refractory(length: float = 1.0) -> Case:
    """Neurons that are silent for some steps after a spike; a later phase has a shorter silence."""
    return _spiking("refractory", RefractoryLIF(t_ref=3.0, theta=0.5), 24, length, {"t_ref": 1.0})


def adaptive(length: float = 1.0) -> Case:
    """Neurons whose threshold rises with their spikes; a later phase has another rise and decay."""
    return _spiking("adaptive", AdaptiveLIF(theta=0.5), 26, length, {"tau_adapt": 30.0, "rise": 0.1})


def subtractive_current(length: float = 1.0) -> Case:
    """Neurons with a synaptic current, and a reset that subtracts; a later phase has a shorter current."""
    return _spiking("subtractive_current", SubtractiveCurrentLIF(theta=1.5), 28, length, {"tau_syn": 3.0})


def current(length: float = 1.0) -> Case:
    """Two recurrent layers and a readout, as in spiking networks with compressed latent replay."""
    network = Network(
        [
            Population("input", 10, SpikeInput),
            Population("first", 16, CurrentLIF),
            Population("second", 10, CurrentLIF),
            Population("top", 4, LeakyReadout),
        ],
        [
            Projection("input_first", "input", "first"),
            Projection("first_first", "first", "first", delay=2),
            Projection("first_second", "first", "second"),
            Projection("second_second", "second", "second", delay=2),
            Projection("second_top", "second", "top"),
        ],
    )
    steps = round(100 * length)
    schedule = Schedule(
        [Phase("run", steps)],
        [Probe("first.spike", "step"), Probe("second.spike", "step"), Probe("top.o", "step")],
        {"input.x": "events"},
    )
    trials = Trials({"input.x": _events(30, 3, steps, 10, 0.15)})
    return Case("current", network, schedule, weights(network, 31, -0.2, 0.25), trials)


def cuba(length: float = 1.0) -> Case:
    """Recurrent neurons that only spike, and some of which a phase overrides a constant; biases differ."""
    network = Network(
        [
            Population("input", 10, SpikeInput),
            Population("first", 16, CubaLIF),
            Population("second", 8, CubaLIF(du=0.5, theta=0.75)),
        ],
        [
            Projection("input_first", "input", "first"),
            Projection("first_first", "first", "first"),
            Projection("first_second", "first", "second", reciprocal=True),
        ],
    )
    early, late = round(60 * length), round(60 * length)
    schedule = Schedule(
        [Phase("early", early), Phase("late", late, {"second.du": 0.75})],
        [Probe("first.spike", "step"), Probe("second.spike", "step"), Probe("second.v", "end:late")],
        {"input.x": "events"},
    )
    learned = weights(network, 49, -0.2, 0.2)
    learned["first.bias"] = np.linspace(-0.0625, 0.0625, 16)
    trials = Trials({"input.x": _events(50, 3, early + late, 10, 0.2)})
    return Case("cuba", network, schedule, learned, trials, {"first.dv": 0.0625})


def low_pass(length: float = 1.0) -> Case:
    """Spikes, filtered, and delivered as a graded value in both directions of a matrix."""
    network = Network(
        [
            Population("input", 10, SpikeInput),
            Population("units", 16, LIF(theta=0.5)),
            Population("filter", 8, LowPass),
        ],
        [
            Projection("forward", "input", "units"),
            Projection("filtering", "units", "filter", reciprocal=True),
        ],
    )
    steps = round(100 * length)
    probes = [Probe("units.spike", "step"), Probe("filter.y", "step")]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events"})
    trials = Trials({"input.x": _events(32, 3, steps, 10, 0.2)})
    return Case("low_pass", network, schedule, weights(network, 33, -0.3, 0.3), trials)


GAIN = LearningRule("gain", "end:run", {"gain": "gain - lr*u", "bias": "bias - lr*s"}, {"lr": 0.05})
"""Some change of both learned parameters of `Sign`, by what its last step left."""


def sign(length: float = 1.0) -> Case:
    """Binary units with binary and ternary weights."""
    network = Network(
        [
            Population("input", 12, Clamp),
            Population("hidden", 20, Sign(scale=0.25), [GAIN]),
            Population("top", 6, Sign),
        ],
        [
            Projection("input_hidden", "input", "hidden", Binary(scale=0.5)),
            Projection("hidden_hidden", "hidden", "hidden", Ternary(theta=0.25)),
            Projection("hidden_top", "hidden", "top", Ternary(scale=0.125, theta=0.2), reciprocal=True),
        ],
    )
    schedule = Schedule([Phase("run", 6)], [Probe("top.s", "step"), Probe("hidden.u", "step")], {"input.s": "constant"})
    trials = Trials({"input.s": generator(34).choice([-1.0, 1.0], (round(20 * length), 12))})
    return Case("sign", network, schedule, weights(network, 35, -0.5, 0.5), trials)


# Equilibrium propagation


def _propagation(
    name: str,
    synapse: SynapseModel | Sequence[SynapseModel],
    rule: LearningRule,
    length: float,
    high: float = 0.5,
    unit: NeuronModel = RateUnit,
) -> Case:
    """Learning of both matrices of a small network; the rule's phase says whether it is symmetric."""
    symmetric = rule.phase == "minus"
    bias = (SymmetricBiasPropagation if symmetric else BiasPropagation)(lr=0.05)
    first, second = (synapse, synapse) if isinstance(synapse, SynapseModel) else synapse
    network = Network(
        [
            Population("input", 12, Clamp),
            Population("hidden", 20, unit, [bias]),
            Population("output", 5, unit, [bias]),
        ],
        [
            Projection("input_hidden", "input", "hidden", first, learning=[rule]),
            Projection("hidden_output", "hidden", "output", second, learning=[rule], reciprocal=True),
        ],
    )
    nudged = [Phase("nudged", 4, {"output.beta": 0.5})]
    if symmetric:
        nudged = [
            Phase("plus", 4, {"output.beta": 0.5}, assign={"s_plus": "s", "s": "s_free"}),
            Phase("minus", 4, {"output.beta": -0.5}),
        ]
    schedule = Schedule(
        [Phase("free", 12, assign={"s_free": "s"}), *nudged],
        [Probe("output.s", "end:free")],
        {"input.s": "constant", "output.target": "constant"},
    )
    random, count = generator(36), round(40 * length)
    stimuli = {"input.s": random.random((count, 12)), "output.target": np.eye(5)[random.integers(0, 5, count)]}
    return Case(name, network, schedule, weights(network, 37, -high, high), Trials(stimuli))


def prototypical(length: float = 1.0) -> Case:
    """One-sided equilibrium propagation in prototypical rate units."""
    return _propagation("prototypical", Dense, EquilibriumPropagation(lr=0.05), length, unit=PrototypicalRateUnit)


def prototypical_symmetric(length: float = 1.0) -> Case:
    """Symmetric equilibrium propagation in prototypical rate units."""
    rule = SymmetricEquilibriumPropagation(lr=0.05)
    return _propagation("prototypical_symmetric", Dense, rule, length, unit=PrototypicalRateUnit)


def momentum(length: float = 1.0) -> Case:
    """One-sided equilibrium propagation with momentum and weight decay."""
    return _propagation("momentum", Momentum, MomentumPropagation(weight_decay=0.01), length)


def momentum_symmetric(length: float = 1.0) -> Case:
    """Symmetric equilibrium propagation with momentum and weight decay."""
    rule = SymmetricMomentumPropagation(momentum=0.5, weight_decay=0.01)
    return _propagation("momentum_symmetric", Momentum, rule, length)


def adam(length: float = 1.0) -> Case:
    """One-sided equilibrium propagation with Adam."""
    return _propagation("adam", Adam, AdamPropagation(lr=0.01), length)


def adam_symmetric(length: float = 1.0) -> Case:
    """Symmetric equilibrium propagation with Adam."""
    return _propagation("adam_symmetric", Adam, SymmetricAdamPropagation(lr=0.01), length)


def binary(length: float = 1.0) -> Case:
    """One-sided equilibrium propagation of binary weights."""
    return _propagation("binary", Binary(scale=0.25), BinaryPropagation(lr=0.05), length, high=0.05)


def binary_symmetric(length: float = 1.0) -> Case:
    """Symmetric equilibrium propagation of binary weights."""
    return _propagation("binary_symmetric", Binary(scale=0.25), SymmetricBinaryPropagation(lr=0.05), length, high=0.05)


def metaplastic(length: float = 1.0) -> Case:
    """Binary weights whose large hidden values change the less."""
    return _propagation("metaplastic", Binary(scale=0.25), BinaryPropagation(lr=0.05, m=1.35), length, high=0.5)


def ternary(length: float = 1.0) -> Case:
    """One-sided equilibrium propagation of ternary weights."""
    synapse = Ternary(scale=0.25, theta=0.02)
    return _propagation("ternary", synapse, BinaryPropagation(lr=0.05), length, high=0.05)


def signed(length: float = 1.0) -> Case:
    """Delivered weights that keep their sign while the stored ones cross zero."""
    return _propagation("signed", (Excitatory, Inhibitory), EquilibriumPropagation(lr=0.05), length, high=0.2)


# Spikes


def stdp(length: float = 1.0) -> Case:
    """Between neurons with traces, forwards and recurrent; weights that start outside the bounds come in."""
    traced = TracedLIF(theta=0.75)
    network = Network(
        [Population("input", 10, SpikeInput), Population("first", 16, traced), Population("second", 8, traced)],
        [
            Projection("forward", "input", "first"),
            Projection("plastic", "first", "second", learning=[STDP(w_max=0.5)]),
            Projection("lateral", "second", "second", learning=[STDP(a_plus=0.005, w_min=-0.25)]),
        ],
    )
    steps = round(120 * length)
    probes = [Probe("second.spike", "step"), Probe("second.trace", "end:run")]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events"})
    trials = Trials({"input.x": _events(38, 3, steps, 10, 0.25)})
    return Case("stdp", network, schedule, weights(network, 39, -0.03, 0.25), trials)


def arrival_stdp(length: float = 1.0) -> Case:
    """From an input, and from neurons whose spikes arrive late."""
    traced = TracedLIF(theta=0.75, tau_trace=15.0)
    network = Network(
        [Population("input", 10, SpikeInput), Population("first", 12, traced), Population("second", 6, traced)],
        [
            Projection("forward", "input", "first", Traced, learning=[ArrivalSTDP(w_max=0.2)]),
            Projection("late", "first", "second", Traced, learning=[ArrivalSTDP(keep=0.9)], delay=3),
        ],
    )
    steps = round(120 * length)
    probes = [Probe("first.spike", "step"), Probe("second.spike", "step")]
    schedule = Schedule([Phase("run", steps)], probes, {"input.x": "events"})
    trials = Trials({"input.x": _events(40, 3, steps, 10, 0.25)})
    return Case("arrival_stdp", network, schedule, weights(network, 41, 0.0, 0.12), trials)


def three_factor(length: float = 1.0) -> Case:
    """A learning signal for every neuron in every step."""
    network = Network(
        [
            Population("input", 10, SpikeInput),
            Population("units", 14, SurrogateLIF(theta=0.75)),
            Population("top", 6, SurrogateLIF(tau_mem=15.0)),
        ],
        [
            Projection("forward", "input", "units", Eligible, learning=[ThreeFactor(kappa=0.9)]),
            Projection("upward", "units", "top", Eligible, learning=[ThreeFactor(lr=0.005, kappa=0.5)]),
        ],
    )
    steps = round(100 * length)
    probes = [Probe("units.spike", "step"), Probe("top.spike", "step"), Probe("top.psi", "end:run")]
    stimuli = {"input.x": "events", "units.signal": "steps", "top.signal": "constant"}
    schedule = Schedule([Phase("run", steps)], probes, stimuli)
    random = generator(42)
    trials = Trials({
        "input.x": _events(43, 3, steps, 10, 0.25),
        "units.signal": random.uniform(-0.5, 0.5, (3, steps, 14)),
        "top.signal": random.uniform(-0.5, 0.5, (3, 6)),
    })  # fmt: skip
    return Case("three_factor", network, schedule, weights(network, 44, -0.15, 0.3), trials)


ROOTED = NeuronModel(
    "Rooted",
    state={"v": 0.0, "r": 0.0, "q": 0.0},
    params={"leak": 0.3, "up": 0.1},
    update={
        "v": "0.9*v + leak*drive",
        "r": "0.5*r + up*sqrt(abs(v) + 0.7) - 0.3*r*sqrt(r)",
        "q": "up/(0.7 + v*v) + v/leak - q/(1.5 + abs(v))",
    },
    output="clip(r - q/8, 0, 1)",
)
"""Square roots and quotients in states that no grid rounds, so that the last bit of each counts."""


def roots(length: float = 1.0) -> Case:
    """Operations that are correctly rounded everywhere, and so equal, where a library takes no short cut."""
    network = Network(
        [Population("input", 9, Clamp), Population("first", 40, ROOTED), Population("second", 12, ROOTED(leak=0.5))],
        [Projection("feed", "input", "first"), Projection("on", "first", "second", reciprocal=True)],
    )
    steps = round(30 * length)
    probes = [Probe("first.r", "step"), Probe("first.q", "step"), Probe("second.r", "step")]
    schedule = Schedule([Phase("run", steps)], probes, {"input.s": "steps"})
    trials = Trials({"input.s": generator(47).random((4, steps, 9))})
    return Case("roots", network, schedule, weights(network, 48, -0.4, 0.8), trials)


def logistic_readout(length: float = 1.0) -> Case:
    """Online logistic regression, one step a pattern."""
    network = Network(
        [Population("input", 12, Clamp), Population("top", 4, LogisticReadout, [DeltaBias])],
        [Projection("readout", "input", "top", Dense, learning=[DeltaRule])],
    )
    stimuli = {"input.s": "constant", "top.target": "constant"}
    schedule = Schedule([Phase("run", 1)], [Probe("top.y", "end:run")], stimuli)
    random, count = generator(45), round(80 * length)
    target = np.eye(4)[random.integers(0, 4, count)]
    trials = Trials({"input.s": random.random((count, 12)) + np.repeat(target, 3, axis=1), "top.target": target})
    return Case("logistic_readout", network, schedule, weights(network, 46, -0.1, 0.1), trials)


LIBRARY: dict[str, Callable[[float], Case]] = {
    f.__name__: f
    for f in (
        lif, lif_to_value, refractory, adaptive, subtractive_current, current, cuba, low_pass, sign, prototypical,
        prototypical_symmetric,
        momentum, momentum_symmetric, adam, adam_symmetric, binary, binary_symmetric, metaplastic, ternary, signed,
        stdp, arrival_stdp, three_factor, logistic_readout, roots,
    )
}  # fmt: skip
"""All cases of the library by name; each takes its length, 1 for the whole."""
