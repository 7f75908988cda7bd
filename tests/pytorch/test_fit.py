"""Training by gradients: what it changes, what it keeps, where it goes on, and what other backends make of it."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")

import neurosim as ns
from neurosim.errors import InputError, NumericalError
from neurosim.scenario.datasets.published import digits as handwritten
from neurosim_torch.differentiable import Differentiable
from neurosim_torch.surrogates import fast_sigmoid
from neurosim_torch.training.fit import Fitted, fit
from neurosim_torch.training.losses import CrossEntropy, MeanSquared, accuracy

Arrays = dict[str, np.ndarray]
DESCENT = partial(torch.optim.SGD, lr=1.0)

# gradients through the steps

LINEAR = ns.NeuronModel("Linear", state={"s": 0.0}, params={"keep": 0.5}, update={"s": "keep*s + drive"})
STEPS = 7


def recurrent() -> tuple[ns.Network, ns.Schedule, ns.Trials, np.ndarray, Arrays]:
    """s' = keep*s + x W_in + s W: a network, three trials of it, targets, and weights."""
    random = np.random.default_rng(1)
    network = ns.Network(
        [ns.Population("input", 3, ns.Clamp), ns.Population("unit", 4, LINEAR)],
        [ns.Projection("forward", "input", "unit"), ns.Projection("lateral", "unit", "unit")],
    )
    schedule = ns.Schedule([ns.Phase("run", STEPS)], [ns.Probe("unit.s", "end:run")], {"input.s": "steps"})
    weights = {"forward.w": random.normal(0, 0.5, (3, 4)), "lateral.w": random.normal(0, 0.3, (4, 4))}
    trials = ns.Trials({"input.s": random.normal(size=(3, STEPS, 3))})
    return network, schedule, trials, random.normal(size=(3, 4)), weights


def by_hand(
    trials: ns.Trials, target: np.ndarray, weights: Arrays, truncate: int | None, keep: float | np.ndarray = 0.5
) -> Arrays:
    """The gradient of 1/2 |s - target|^2, mean over trials, back to the last multiple of `truncate` steps."""
    inputs, states = trials.stimuli["input.s"], [np.zeros_like(target)]
    for t in range(STEPS):
        states.append(keep * states[-1] + inputs[:, t] @ weights["forward.w"] + states[-1] @ weights["lateral.w"])
    back = (states[-1] - target) / len(target)
    found = {n: np.zeros_like(w) for n, w in weights.items()}
    for t in reversed(range(STEPS)):
        found["forward.w"] += inputs[:, t].T @ back
        found["lateral.w"] += states[t].T @ back
        back = keep * back + back @ weights["lateral.w"].T
        if truncate is not None and t % truncate == 0:
            break
    return found


@pytest.mark.parametrize("truncate", [None, 1, 2, 3, 5, 7, 100])
def test_gradients_go_back_to_the_last_multiple_of_truncate_and_no_further(truncate: int | None) -> None:
    network, schedule, trials, target, weights = recurrent()
    loss = MeanSquared("unit.s@end:run")
    fitted = fit(
        network, schedule, trials, target, loss, DESCENT, learned=weights, truncate=truncate, dtype="float64"
    )  # one step of gradient descent
    for n, gradient in by_hand(trials, target, weights, truncate).items():
        np.testing.assert_allclose(weights[n] - fitted.learned[n], gradient, rtol=1e-12, atol=1e-14)


def test_gradients_go_through_fixed_parameters_of_each_neuron() -> None:
    network, schedule, trials, target, weights = recurrent()
    keep = np.array([0.25, 0.5, 0.75, 0.9])
    own = [network.populations[0], ns.Population("unit", 4, LINEAR, parameters={"keep": keep})]
    varied, loss = ns.Network(own, network.projections), MeanSquared("unit.s@end:run")
    fitted = fit(varied, schedule, trials, target, loss, DESCENT, learned=weights, dtype="float64")
    for n, gradient in by_hand(trials, target, weights, None, keep).items():
        np.testing.assert_allclose(weights[n] - fitted.learned[n], gradient, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("clip", [0.1, 1e6])
def test_the_whole_gradient_is_clipped_to_a_norm(clip: float) -> None:
    network, schedule, trials, target, weights = recurrent()
    loss = MeanSquared("unit.s@end:run")
    fitted = fit(network, schedule, trials, target, loss, DESCENT, learned=weights, clip=clip, dtype="float64")
    gradient = by_hand(trials, target, weights, None)
    norm = np.sqrt(sum(np.sum(g**2) for g in gradient.values()))
    for n, g in gradient.items():
        np.testing.assert_allclose(weights[n] - fitted.learned[n], g * min(1, clip / norm), rtol=1e-4)


def test_rounding_to_the_grid_passes_gradients() -> None:
    """Those of the program on the grid are those of the one in float64, up to the rounding."""
    network, schedule, trials, labels = digits(40)
    gradients = []
    for precision in (ns.Float64(), ns.Grid(output_bits=12, weight_bits=16)):
        program = ns.lower(network, schedule, precision=precision)
        model = Differentiable(program, trials, fast_sigmoid(), dtype="float64")
        parameters = model.parameters(ns.quantise(start(network), program)[0])
        CrossEntropy(SCORES)(model(parameters, torch.arange(40)), torch.tensor(labels)).backward()
        gradients.append({n: p.grad.numpy() for n, p in parameters.items()})
    for n, smooth in gradients[0].items():
        assert np.linalg.norm(gradients[1][n] - smooth) < 0.01 * np.linalg.norm(smooth), n


# losses


def recorded(*shape: int) -> tuple[np.ndarray, dict[str, torch.Tensor]]:
    values = np.random.default_rng(2).normal(size=shape)
    return values, {"out.o": torch.tensor(values)}


def log_softmax(scores: np.ndarray) -> np.ndarray:
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


LABELS = np.array([2, 0, 1, 2, 2])
SCORED = {"last": lambda values: values[:, -1], "max": lambda values: values.max(axis=1)}


@pytest.mark.parametrize("over", SCORED)
def test_cross_entropy_is_that_of_numpy(over: str) -> None:
    values, records = recorded(5, 6, 3)
    expected = -log_softmax(SCORED[over](values))[np.arange(5), LABELS].mean()
    assert float(CrossEntropy("out.o", over)(records, torch.tensor(LABELS))) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("over", SCORED)
def test_squared_errors_are_those_of_numpy(over: str) -> None:
    values, records = recorded(5, 6, 3)
    target = np.random.default_rng(3).normal(size=(5, 3))
    expected = 0.5 * ((SCORED[over](values) - target) ** 2).sum(axis=1).mean()
    assert float(MeanSquared("out.o", over)(records, torch.tensor(target))) == pytest.approx(expected, rel=1e-12)


def test_labels_stand_for_one_hot_targets() -> None:
    _, records = recorded(5, 3)
    loss = MeanSquared("out.o")
    assert float(loss(records, torch.tensor(LABELS))) == float(loss(records, torch.tensor(np.eye(3)[LABELS])))


def test_accuracy_is_the_share_of_largest_scores_at_the_target() -> None:
    values, records = recorded(5, 3)
    assert accuracy(CrossEntropy("out.o"), records, torch.tensor(LABELS)) == np.mean(values.argmax(axis=1) == LABELS)


# training

SCORES = "output.s@end:run"
RATE = ns.LeakyTanhRateUnit(eps=0.5)


def digits(count: int) -> tuple[ns.Network, ns.Schedule, ns.Trials, np.ndarray]:
    network = ns.Network(
        [ns.Population("input", 64, ns.Clamp), ns.Population("hidden", 20, RATE), ns.Population("output", 10, RATE)],
        [ns.Projection("first", "input", "hidden"), ns.Projection("second", "hidden", "output")],
    )
    schedule = ns.Schedule([ns.Phase("run", 6)], [ns.Probe("output.s", "end:run")], {"input.s": "constant"})
    samples = handwritten.read()
    return network, schedule, ns.Trials({"input.s": samples.inputs[:count]}), samples.labels[:count]


def start(network: ns.Network) -> Arrays:
    random = np.random.default_rng(4)
    return {n: random.uniform(-0.3, 0.3, v.shape) for n, v in network.learned().items()}


def shuffled(epoch: int, count: int = 100) -> np.ndarray:
    return np.random.default_rng(epoch).permutation(count)


ADAM = partial(torch.optim.Adam, lr=0.01)


def trained(**settings) -> Fitted:
    """Four epochs on 100 digits, or what the settings say."""
    network, schedule, trials, labels = digits(100)
    usual = {"learned": start(network), "epochs": 4, "batch": 32, "loss": CrossEntropy(SCORES), "optimiser": ADAM}
    return fit(network, schedule, **{"trials": trials, "target": labels, **usual, **settings})


def assert_same(found: Fitted, expected: Fitted) -> None:
    for n, a in expected.learned.items():
        np.testing.assert_array_equal(found.learned[n], a, err_msg=n)


def test_digits_are_learned() -> None:
    history = trained(epochs=30).history
    assert history[0].accuracy < 0.5
    assert history[-1].accuracy > 0.95
    assert history[-1].loss < history[0].loss


def test_the_same_training_gives_the_same_bits() -> None:
    assert_same(trained(order=shuffled), trained(order=shuffled))


def test_the_order_decides() -> None:
    """Trials in an order are those trials, laid out in that order."""
    _, _, trials, labels = digits(100)
    order = shuffled(0)
    laid_out = ns.Trials({"input.s": trials.stimuli["input.s"][order]})
    assert_same(trained(order=lambda _: order), trained(trials=laid_out, target=labels[order]))
    assert not np.array_equal(trained(order=shuffled).learned["first.w"], trained().learned["first.w"])


def test_parameters_that_are_not_chosen_stay_as_they_are() -> None:
    given = start(digits(1)[0])
    found = trained(parameters=["second.w", "output.bias"]).learned
    assert set(found) == set(given)
    for n, a in given.items():
        assert np.array_equal(found[n], a) == (n not in ("second.w", "output.bias")), n


def test_arrays_that_are_not_given_start_at_their_initial_values() -> None:
    found = trained(learned={}, parameters=["hidden.bias"]).learned
    assert not found["first.w"].any()


def test_progress_is_told_of_every_epoch() -> None:
    calls = []
    history = trained(progress=lambda epoch, entry: calls.append((epoch, entry))).history
    assert calls == list(zip((1, 2, 3, 4), history, strict=True))


# validation

PATIENCE = 3


def misled(**settings) -> Fitted:
    """Three epochs on digits as they are, from then on on digits with wrong labels; validation is on right ones."""
    _, _, trials, labels = digits(100)
    half = np.arange(50)
    target = np.concatenate([labels[:50], (labels[50:] + 1) % 10])
    validation = (trials.part(0, 50), labels[:50])
    return trained(target=target, order=lambda e: half if e < 3 else half + 50, validation=validation, **settings)


def test_training_ends_when_validation_has_not_improved_for_so_many_epochs() -> None:
    fitted = misled(epochs=50, patience=PATIENCE)
    accuracies = [e.validation_accuracy for e in fitted.history]
    assert 0 < fitted.best < len(accuracies) - 1
    assert len(accuracies) == fitted.best + 1 + PATIENCE
    assert accuracies[fitted.best] == max(accuracies)


def test_the_arrays_of_the_best_epoch_are_kept() -> None:
    fitted = misled(epochs=50, patience=PATIENCE)
    assert_same(fitted, misled(epochs=fitted.best + 1))


def test_without_patience_the_best_epoch_is_kept_too() -> None:
    assert_same(misled(epochs=8), misled(epochs=8, patience=PATIENCE))


def test_validation_is_measured_after_its_epoch() -> None:
    network, schedule, trials, labels = digits(100)
    fitted = trained(epochs=2, validation=(trials, labels))
    entry, best = fitted.history[-1], fitted.best
    program, probe = ns.lower(network, schedule), SCORES
    backend, mode = ns.load("reference")
    with backend.compile(program, mode=mode) as session:
        session.write(fitted.learned)
        scores = session.run(trials, learn=False)[probe]
    assert best == 1
    assert entry.validation_accuracy == pytest.approx(np.mean(scores.argmax(axis=1) == labels))
    assert entry.validation_loss == pytest.approx(-log_softmax(scores)[np.arange(100), labels].mean(), rel=1e-5)


# checkpoints

LAST = 6


class Stopping(CrossEntropy):
    """Stands still in the middle of the fourth epoch, until somebody ends the process."""

    each = 4 + 1  # batches, and the validation
    calls = 0

    def __call__(self, recorded, target):
        type(self).calls += 1
        if self.calls == 3 * self.each + 3:
            print("in the fourth epoch", flush=True)
            sys.stdin.read()
        return super().__call__(recorded, target)


def checked(checkpoint: Path | None, **settings) -> Fitted:
    _, _, trials, labels = digits(140)
    validation = (trials.part(100, 140), labels[100:])
    return trained(epochs=LAST, order=shuffled, validation=validation, checkpoint=checkpoint, **settings)


def test_a_killed_training_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    checkpoint, here = tmp_path / "training.pt", Path(__file__)
    code = "import pathlib, sys, test_fit as t; t.checked(pathlib.Path(sys.argv[1]), loss=t.Stopping(t.SCORES))"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(checkpoint)],
        cwd=here.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    with child:
        assert child.stdout.readline() == b"in the fourth epoch\n"
        child.kill()
    done = []
    found = checked(checkpoint, progress=lambda epoch, _: done.append(epoch))
    expected = checked(None)
    assert done == [4, 5, 6]
    assert found.history == expected.history
    assert found.best == expected.best
    assert_same(found, expected)


def test_a_training_that_is_over_is_not_done_again(tmp_path: Path) -> None:
    first = checked(tmp_path / "training.pt")
    again = checked(tmp_path / "training.pt", progress=lambda *_: pytest.fail("an epoch was done again"))
    assert again.history == first.history
    assert_same(again, first)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    checkpoint = tmp_path / "training.pt"
    checked(checkpoint)
    network, schedule, trials, target, weights = recurrent()
    with pytest.raises(InputError, match="of another network or schedule"):
        fit(
            network,
            schedule,
            trials,
            target,
            MeanSquared("unit.s@end:run"),
            DESCENT,
            learned=weights,
            checkpoint=checkpoint,
        )


def test_a_checkpoint_of_other_wiring_is_refused(tmp_path: Path) -> None:
    populations = [ns.Population("input", 2, ns.Clamp), ns.Population("unit", 3, ns.RateUnit)]
    schedule = ns.Schedule([ns.Phase("run", 2)], [ns.Probe("unit.s", "end:run")], {"input.s": "constant"})
    trials, target = ns.Trials({"input.s": np.full((4, 2), 0.5)}), np.full((4, 3), 0.5)

    def fitted(*pairs: list[int]) -> None:
        network = ns.Network(populations, [ns.Projection("p", "input", "unit", connectivity=ns.Pairs(*pairs))])
        loss = MeanSquared("unit.s@end:run")
        fit(network, schedule, trials, target, loss, DESCENT, checkpoint=tmp_path / "training.pt")

    fitted([0, 0, 1], [1, 1, 2])
    fitted([0, 0, 1], [1, 1, 2])
    with pytest.raises(InputError, match="of another network or schedule"):
        fitted([0, 0, 1], [1, 2, 2])


def test_a_checkpoint_of_other_fixed_parameters_is_refused(tmp_path: Path) -> None:
    network, schedule, trials, target, weights = recurrent()

    def fitted(keep: list[float]) -> None:
        own = [network.populations[0], ns.Population("unit", 4, LINEAR, parameters={"keep": keep})]
        varied, loss = ns.Network(own, network.projections), MeanSquared("unit.s@end:run")
        fit(varied, schedule, trials, target, loss, DESCENT, learned=weights, checkpoint=tmp_path / "training.pt")

    fitted([0.5, 0.5, 0.5, 0.25])
    fitted([0.5, 0.5, 0.5, 0.25])
    with pytest.raises(InputError, match="of another network or schedule"):
        fitted([0.5, 0.5, 0.5, 0.5])


# mistakes

BAD = {
    r"target of shape \(99,\); expected one for each of 100 trials": {"target": np.zeros(99, int)},
    "parameter 'frist.w': the network learns no such array; did you mean 'first.w'": {"parameters": ["frist.w"]},
    "learned variable 'frist.w': the network has none; did you mean 'first.w'": {"learned": {"frist.w": np.zeros(1)}},
    r"'first.w' has shape \(2, 2\), expected \(64, 20\)": {"learned": {"first.w": np.zeros((2, 2))}},
    r"order\(0\) has trials 0 to 100, expected 0 to 99": {"order": lambda _: np.arange(101)},
    r"order\(0\) has trials -1 to 5, expected 0 to 99": {"order": lambda _: np.arange(-1, 6)},
    r"order\(0\) has shape \(3,\) and type float64": {"order": lambda _: np.ones(3)},
    "dtype 'float46'; did you mean 'float64'": {"dtype": "float46"},
    "stimulus 'input.s' has shape": {"trials": ns.Trials({"input.s": np.zeros((100, 63))})},
    "constant 'steps.rum'": {"constants": {"steps.rum": 3}},
}


@pytest.mark.parametrize("message", BAD)
def test_what_does_not_fit_is_refused(message: str) -> None:
    with pytest.raises(InputError, match=message):
        trained(**BAD[message])


def test_a_loss_that_is_not_finite_ends_the_training() -> None:
    with pytest.raises(NumericalError, match=r"fit\.the loss became (inf|nan)"):
        trained(loss=MeanSquared(SCORES), target=np.full((100, 10), 1e30))


# spikes

CHANNELS, DURATION, CLASSES = 20, 30, 4
READOUT = "readout.o@step"


def spiking() -> tuple[ns.Network, ns.Schedule]:
    network = ns.Network(
        [
            ns.Population("input", CHANNELS, ns.SpikeInput),
            ns.Population("hidden", 40, ns.CurrentLIF),
            ns.Population("readout", CLASSES, ns.LeakyReadout),
        ],
        [ns.Projection("first", "input", "hidden"), ns.Projection("second", "hidden", "readout")],
    )
    probes = [ns.Probe("readout.o", "step"), ns.Probe("hidden.spike", "step")]
    return network, ns.Schedule([ns.Phase("run", DURATION)], probes, {"input.x": "events"})


def events(count: int, seed: int) -> tuple[ns.Trials, np.ndarray]:
    """Each channel spikes once, and now and then at random; only the time of its spike tells the class."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, CLASSES, count)
    templates = np.random.default_rng(0).integers(2, DURATION - 8, (CLASSES, CHANNELS))
    spikes = random.random((count, DURATION, CHANNELS)) < 0.02
    times = templates[labels] + random.integers(-1, 2, (count, CHANNELS))
    spikes[np.arange(count)[:, None], times, np.arange(CHANNELS)] = True
    return ns.Trials({"input.x": ns.Events.from_dense(spikes)}), labels


@pytest.fixture(scope="module")
def learned_events() -> tuple[Fitted, Arrays]:
    """A spiking network after 15 epochs, and the weights that it had before."""
    network, schedule = spiking()
    random = np.random.default_rng(5)
    before = {n: random.normal(0, 0.3, v.shape) for n, v in network.learned().items()}
    trials, labels = events(256, 1)
    loss = CrossEntropy(READOUT, over="max")
    fitted = fit(
        network,
        schedule,
        trials,
        labels,
        loss,
        ADAM,
        learned=before,
        epochs=15,
        batch=32,
        order=partial(shuffled, count=256),
        validation=events(200, 2),
    )
    return fitted, before


def test_a_spiking_network_learns_when_its_inputs_spike(learned_events: tuple[Fitted, Arrays]) -> None:
    fitted, before = learned_events
    network, schedule = spiking()
    trials, labels = events(200, 2)
    reached = []
    for weights in (before, fitted.learned):
        backend, mode = ns.load("torch:cpu")
        with backend.compile(ns.lower(network, schedule), mode=mode) as session:
            session.write(weights)
            scores = session.run(trials)[READOUT].max(axis=1)
        reached.append(np.mean(scores.argmax(axis=1) == labels))
    assert reached[0] < 0.5
    assert reached[1] > 0.9


@pytest.mark.parametrize("target", ["torch:cpu", "nengo:fused"])
def test_on_the_grid_trained_weights_give_the_same_spikes_everywhere(
    target: str, learned_events: tuple[Fitted, Arrays]
) -> None:
    program = ns.lower(*spiking(), precision=ns.Grid())
    weights, changed = ns.quantise(learned_events[0].learned, program)
    assert changed, "float32 weights are not on the grid"
    trials, _ = events(20, 3)
    records = []
    for name in ("reference", target):
        backend, mode = ns.load(name)
        with backend.compile(program, mode=mode) as session:
            session.write(weights)
            records.append(session.run(trials))
    found, expected = (r["hidden.spike@step"].pairs() for r in reversed(records))
    assert len(expected) > 100
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(records[1][READOUT], records[0][READOUT])
