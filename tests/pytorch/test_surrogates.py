"""A surrogate changes derivatives and no value: what spikes, steps and signs are stays what they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")

from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import LIF, LIFToValue, NeuronModel, RefractoryLIF, SpikeInput
from neurosim.program.lowering.lower import lower
from neurosim.program.schedule import Phase, Probe, Schedule, Trials
from neurosim_torch.differentiable import Differentiable
from neurosim_torch.functions import differentiable
from neurosim_torch.printer import source_of_test
from neurosim_torch.surrogates import SURROGATES, Surrogate, fast_sigmoid, straight_through, super_spike

CONDITIONS = [
    "x >= y",
    "x > y",
    "x <= y",
    "x < y",
    "x == y",
    "x != y",
    "not x > y",
    "x > 0 and y > 0",
    "x > 0 or y > 0",
]

values = arrays.arrays(
    np.float64,
    8,
    elements=st.one_of(st.sampled_from([0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324]), st.floats(-1e6, 1e6)),
)
tried = settings(deadline=None, max_examples=100, derandomize=True)


def derivative(function: str, surrogate: Surrogate, x: np.ndarray) -> np.ndarray:
    """Of a function of the language, elementwise."""
    at = torch.tensor(x, requires_grad=True)
    differentiable(torch.float64, surrogate)[function](at).sum().backward()
    return at.grad.numpy()


@pytest.mark.parametrize("name", SURROGATES)
@tried
@given(values)
def test_step_and_sign_have_the_values_of_the_step_and_the_sign(name: str, x: np.ndarray) -> None:
    functions, at = differentiable(torch.float64, SURROGATES[name]()), torch.tensor(x, requires_grad=True)
    np.testing.assert_array_equal(functions["step"](at).detach().numpy(), (x >= 0).astype(float))
    np.testing.assert_array_equal(functions["sign"](at).detach().numpy(), np.sign(x))


@pytest.mark.parametrize("condition", CONDITIONS)
@tried
@given(values, values)
def test_a_spike_has_the_value_of_its_condition(condition: str, x: np.ndarray, y: np.ndarray) -> None:
    y = np.concatenate([x[:2], y[2:]])  # equality is not rare
    code, scope = source_of_test(condition, {}), {"x": torch.tensor(x, requires_grad=True), "y": torch.tensor(y)}
    found = eval(code, dict(differentiable(torch.float64, fast_sigmoid())), scope).detach().numpy()
    expected = [float(eval(condition, {"x": a, "y": b})) for a, b in zip(x, y, strict=True)]
    np.testing.assert_array_equal(found, expected)


FORMULAS = {
    "fast-sigmoid": (fast_sigmoid(25.0), lambda x: 1 / (25 * np.abs(x) + 1) ** 2),
    "super-spike": (super_spike(100.0), lambda x: 1 / (100 * np.abs(x) + 1) ** 2),
    "straight-through": (straight_through(1.0), lambda x: np.where(np.abs(x) <= 1, 0.5, 0.0)),
    "fast-sigmoid of another slope": (fast_sigmoid(2.0), lambda x: 1 / (2 * np.abs(x) + 1) ** 2),
    "straight-through in another window": (straight_through(0.25), lambda x: np.where(np.abs(x) <= 0.25, 0.5, 0.0)),
}
AT = np.linspace(-1.5, 1.5, 61)  # thresholds and the ends of windows among them


@pytest.mark.parametrize("name", FORMULAS)
def test_a_step_has_the_derivative_that_the_surrogate_is_named_for(name: str) -> None:
    surrogate, formula = FORMULAS[name]
    np.testing.assert_allclose(derivative("step", surrogate, AT), formula(AT), rtol=1e-14)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_sign_is_two_steps_high(name: str) -> None:
    surrogate, formula = FORMULAS[name]
    np.testing.assert_allclose(derivative("sign", surrogate, AT), 2 * formula(AT), rtol=1e-14)


def test_a_surrogate_says_its_name_and_its_parameter() -> None:
    names = [make().name for make in SURROGATES.values()]
    assert names == ["fast-sigmoid(25)", "super-spike(100)", "straight-through(1)"]


# a neuron


DECAY, THETA, STEPS = 0.75, 1.0, 40
WEIGHT = 0.625
SURROGATE = fast_sigmoid(3.0)
SPIKES_IN = (np.random.default_rng(8).random(STEPS) < 0.6).astype(float)


def recorded(model: NeuronModel, probe: str) -> tuple[np.ndarray, float]:
    """What a probe of one neuron with one synapse records, and the derivative of its sum by the weight."""
    network = Network(
        [Population("input", 1, SpikeInput), Population("cell", 1, model)], [Projection("edge", "input", "cell")]
    )
    variable, _, at = probe.partition("@")
    schedule = Schedule([Phase("run", STEPS)], [Probe(variable, at)], {"input.x": "events"})
    trials = Trials({"input.x": SPIKES_IN.reshape(1, STEPS, 1)})
    run = Differentiable(lower(network, schedule), trials, SURROGATE, dtype="float64")
    weight = run.parameters({"edge.w": np.full((1, 1), WEIGHT), "cell.bias": np.zeros(1)})
    values = run(weight, torch.tensor([0]))[probe]
    values.sum().backward()
    return values.detach().numpy().ravel(), float(weight["edge.w"].grad)


def by_hand(reset: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Membranes before their resets, spikes, and d membrane/d weight, where a reset is not differentiated."""
    v = slope = waiting = 0.0
    membranes, spikes, slopes = [], [], []
    for x in SPIKES_IN:
        if waiting:
            waiting -= 1
        else:
            v, slope = DECAY * v + WEIGHT * x, DECAY * slope + x
        membranes.append(v)
        slopes.append(slope)
        spikes.append(float(v >= THETA))
        if v >= THETA and reset == "subtract":
            v -= THETA  # the slope stays: what is subtracted counts as a constant
        elif v >= THETA:
            v, slope, waiting = 0.0, 0.0, 2 if reset == "refractory" else 0
    return np.array(membranes), np.array(spikes), np.array(slopes), slope


NEURONS = {"subtract": LIF, "to a value": LIFToValue, "refractory": RefractoryLIF(t_ref=2.0)}


def with_decay(model: NeuronModel) -> NeuronModel:
    return model(tau_mem=-1 / np.log(DECAY), theta=THETA)


@pytest.mark.parametrize("reset", NEURONS)
def test_a_membrane_has_the_derivative_of_its_sum_and_none_of_its_reset(reset: str) -> None:
    _, spikes, _, last = by_hand(reset)
    assert spikes.sum() > 3
    _, found = recorded(with_decay(NEURONS[reset]), "cell.v@end:run")
    assert found == pytest.approx(last, rel=1e-12)


@pytest.mark.parametrize("reset", NEURONS)
def test_a_spike_has_the_derivative_of_the_surrogate_at_the_membrane_before_its_reset(reset: str) -> None:
    membranes, spikes, slopes, _ = by_hand(reset)
    values, found = recorded(with_decay(NEURONS[reset]), "cell.spike@step")
    np.testing.assert_array_equal(values, spikes)
    assert found == pytest.approx(np.sum(slopes / (3.0 * np.abs(membranes - THETA) + 1) ** 2), rel=1e-12)
