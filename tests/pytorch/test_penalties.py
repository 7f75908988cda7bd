"""Each regulariser is its equation, computed a second time in NumPy on a tiny network, and goes on from its state."""

import h5py
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")

from neurosim.errors import InputError
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, NeuronModel, learned
from neurosim.program.lowering.lower import lower
from neurosim.program.schedule import Phase, Probe, Schedule, Trials
from neurosim_torch.baselines.penalties import (
    PENALTIES,
    ElasticWeightConsolidation,
    LearningWithoutForgetting,
    RegularisedTask,
    SynapticIntelligence,
    fisher_information,
)
from neurosim_torch.differentiable import Differentiable
from neurosim_torch.surrogates import fast_sigmoid
from neurosim_torch.training.losses import CrossEntropy, MeanSquared
from neurosim_torch.training.trainer import GradientTrainer

Unit = NeuronModel("Unit", {"s": 0.0}, {"bias": learned()}, {"s": "tanh(drive + bias)"})
Score = NeuronModel("Score", {"s": 0.0}, {"bias": learned()}, {"s": "drive + bias"})
NETWORK = Network(
    [Population("x", 3, Clamp), Population("h", 4, Unit), Population("y", 3, Score)],
    [Projection("xh", "x", "h"), Projection("hy", "h", "y")],
)
# Two steps: what the input says reaches the hidden units in the first, and the scores in the second.
SCHEDULE = Schedule([Phase("run", 2)], [Probe("y.s", "end:run")], {"x.s": "constant"})
PROBE = "y.s@end:run"
NAMES = ("h.bias", "y.bias", "xh.w", "hy.w")


def start(seed=0):
    random = np.random.default_rng(seed)
    return {n: random.normal(0, 0.7, v.shape) for n, v in NETWORK.learned().items()}


def samples(seed, classes, count=7):
    random = np.random.default_rng(seed)
    return random.normal(size=(count, 3)), random.choice(classes, count)


def as_task(theta, inputs, labels, loss=None):
    model = Differentiable(lower(NETWORK, SCHEDULE), Trials({"x.s": inputs}), fast_sigmoid(), dtype="float64")
    return RegularisedTask(model, model.parameters(theta), torch.tensor(labels), loss or CrossEntropy(PROBE))


def recorded(task):
    return task.model(task.parameters, torch.arange(task.model.count))


def penalty_of(regulariser, task):
    return regulariser(task.parameters, torch.arange(task.model.count), recorded(task))


# the same network in NumPy


def scores(theta, x):
    return np.tanh(x @ theta["xh.w"] + theta["h.bias"]) @ theta["hy.w"] + theta["y.bias"]


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def one_hot(labels):
    return np.eye(3)[labels]


def gradient(theta, x, error):
    """Of a loss whose derivative with respect to the scores is `error`."""
    h = np.tanh(x @ theta["xh.w"] + theta["h.bias"])
    back = error @ theta["hy.w"].T * (1 - h**2)
    return {"h.bias": back.sum(axis=0), "y.bias": error.sum(axis=0), "xh.w": x.T @ back, "hy.w": h.T @ error}


def cross_entropy_gradient(theta, x, labels):
    return gradient(theta, x, (softmax(scores(theta, x)) - one_hot(labels)) / len(x))


def fisher(theta, x, labels):
    each = [cross_entropy_gradient(theta, x[i : i + 1], labels[i : i + 1]) for i in range(len(x))]
    return {n: np.mean([g[n] ** 2 for g in each], axis=0) for n in NAMES}


def assert_equal_arrays(found, expected, rtol=1e-9):
    assert set(found) == set(expected)
    for n in expected:
        np.testing.assert_allclose(np.asarray(found[n]), expected[n], rtol=rtol, atol=1e-14, err_msg=n)


# elastic weight consolidation


def test_the_fisher_information_is_the_mean_squared_gradient_of_single_samples():
    x, labels = samples(1, [0, 1, 2])
    found = fisher_information(as_task(start(), x, labels), samples=100)
    assert_equal_arrays(found, fisher(start(), x, labels))


def test_of_squared_errors_the_fisher_information_is_that_of_a_gaussian_likelihood():
    theta, (x, labels) = start(), samples(1, [0, 1, 2])
    rows = [slice(i, i + 1) for i in range(len(x))]
    each = [gradient(theta, x[r], scores(theta, x[r]) - one_hot(labels[r])) for r in rows]
    found = fisher_information(as_task(theta, x, labels, MeanSquared(PROBE)), samples=100)
    assert_equal_arrays(found, {n: np.mean([g[n] ** 2 for g in each], axis=0) for n in NAMES})


def test_no_more_samples_than_asked_for_make_up_the_fisher_information_evenly_spaced():
    x, labels = samples(1, [0, 1, 2], count=7)
    found = fisher_information(as_task(start(), x, labels), samples=3)
    assert_equal_arrays(found, fisher(start(), x[[0, 2, 4]], labels[[0, 2, 4]]))


def test_elastic_weights_have_a_spring_to_the_end_of_each_earlier_task():
    ewc = ElasticWeightConsolidation(strength=3.0)
    first, second, now = start(0), start(1), start(2)
    one, two = samples(1, [0, 1]), samples(2, [1, 2])
    ewc.after_task(as_task(first, *one))
    ewc.after_task(as_task(second, *two))
    importance = [fisher(first, *one), fisher(second, *two)]
    expected = sum(
        1.5 * (f[n] * (now[n] - past[n]) ** 2).sum()
        for f, past in zip(importance, (first, second), strict=True)
        for n in NAMES
    )
    assert penalty_of(ewc, as_task(now, *two)).item() == pytest.approx(expected, rel=1e-12)


# synaptic intelligence


def sgd(theta, x, labels, lr, batch, epochs, omega, past, strength):
    """Gradient descent on loss + strength*omega*(theta - past)**2; where it ends, and -sum of g*dtheta on the way."""
    path = {n: np.zeros_like(theta[n]) for n in NAMES}
    for _ in range(epochs):
        for first in range(0, len(x), batch):
            g = cross_entropy_gradient(theta, x[first : first + batch], labels[first : first + batch])
            step = {n: -lr * (g[n] + 2 * strength * omega[n] * (theta[n] - past[n])) for n in NAMES}
            path = {n: path[n] - g[n] * step[n] for n in NAMES}
            theta = {n: theta[n] + step[n] for n in NAMES}
    return theta, path


def test_synaptic_intelligence_sums_what_each_parameter_did_for_the_loss():
    settings = {"optimiser": "sgd", "lr": 0.2, "batch": 3, "epochs": 2, "dtype": "float64"}
    trainer = GradientTrainer(
        NETWORK, SCHEDULE, PROBE, settings | {"penalty": {"kind": "si", "strength": 0.5, "xi": 0.05}}
    )
    theta, found = start(), start()
    omega = {n: np.zeros_like(theta[n]) for n in NAMES}
    past = theta
    for x, labels in (samples(1, [0, 1]), samples(2, [1, 2]), samples(3, [0, 2])):
        found = trainer.train(found, Trials({"x.s": x}), labels, None).learned
        begun = theta
        theta, path = sgd(theta, x, labels, 0.2, 3, 2, omega, past, 0.5)
        omega = {n: omega[n] + path[n] / ((theta[n] - begun[n]) ** 2 + 0.05) for n in NAMES}
        past = theta
    assert_equal_arrays(found, theta)
    kept = {f"{part}.{n}": a[n] for part, a in (("importance", omega), ("optimum", theta)) for n in NAMES}
    assert_equal_arrays(trainer.state(), kept)


def test_synaptic_intelligence_counts_the_gradient_before_it_is_clipped():
    (x, labels), theta, lr, clip = samples(1, [0, 1, 2]), start(), 0.1, 0.01
    settings = {
        "optimiser": "sgd",
        "lr": lr,
        "clip": clip,
        "dtype": "float64",
        "penalty": {"kind": "si", "strength": 1.0},
    }
    trainer = GradientTrainer(NETWORK, SCHEDULE, PROBE, settings)
    trainer.train(theta, Trials({"x.s": x}), labels, None)
    g = cross_entropy_gradient(theta, x, labels)
    norm = np.sqrt(sum((a**2).sum() for a in g.values()))
    step = {n: -lr * clip / norm * g[n] for n in NAMES}
    expected = {f"importance.{n}": -g[n] * step[n] / (step[n] ** 2 + 0.1) for n in NAMES}
    assert_equal_arrays({n: a for n, a in trainer.state().items() if n in expected}, expected, rtol=1e-5)


# learning without forgetting


def test_distillation_is_the_divergence_of_softened_scores_over_the_classes_seen_before():
    lwf = LearningWithoutForgetting(strength=0.7, temperature=3.0)
    old, new = start(0), start(1)
    x, labels = samples(2, [1])
    for seen in (0, 2):
        lwf.after_task(as_task(start(5), *samples(1, [seen])))
    lwf.before_task(as_task(old, x, labels))
    q, p = (softmax(scores(theta, x)[:, [0, 2]] / 3.0) for theta in (old, new))
    expected = 0.7 * (q * np.log(q / p)).sum() / len(x)
    assert penalty_of(lwf, as_task(new, x, labels)).item() == pytest.approx(expected, rel=1e-12)


def test_distillation_finds_the_old_scores_of_the_trials_of_a_batch():
    lwf = LearningWithoutForgetting(strength=1.0)
    x, labels = samples(2, [1, 2])
    lwf.after_task(as_task(start(), *samples(1, [0, 1, 2])))
    task = as_task(start(), x, labels)
    lwf.before_task(task)
    batch = torch.tensor([5, 0, 3])
    assert lwf(task.parameters, batch, task.model(task.parameters, batch)).item() == pytest.approx(0.0, abs=1e-12)


def test_there_is_nothing_to_distil_in_the_first_task():
    lwf = LearningWithoutForgetting(strength=1.0)
    task = as_task(start(), *samples(1, [0, 1]))
    lwf.before_task(task)
    assert penalty_of(lwf, task).item() == 0.0


# all of them

SETTINGS = {"lr": 0.05, "epochs": 2, "batch": 3}
TASKS = [samples(1, [0, 1]), samples(2, [1, 2]), samples(3, [0, 2])]


def trainer_with(kind, strength=2.0, **settings):
    return GradientTrainer(
        NETWORK, SCHEDULE, PROBE, SETTINGS | settings | {"penalty": {"kind": kind, "strength": strength}}
    )


def learn(trainer, theta, tasks):
    for x, labels in tasks:
        theta = trainer.train(theta, Trials({"x.s": x}), labels, None).learned
    return theta


def same(a, b):
    return set(a) == set(b) and all(np.array_equal(a[n], b[n]) for n in a)


@pytest.mark.parametrize("kind", PENALTIES)
def test_at_the_old_optimum_the_penalty_is_zero_and_so_is_its_gradient(kind):
    trainer = trainer_with(kind, dtype="float64")
    theta = learn(trainer, start(), TASKS[:1])
    x, labels = TASKS[1]
    task = as_task(theta, x, labels)
    trainer._penalty.before_task(task)
    value = penalty_of(trainer._penalty, task)
    value.backward()
    assert value.item() == pytest.approx(0.0, abs=1e-12)
    for n, p in task.parameters.items():
        np.testing.assert_allclose(p.grad.numpy(), 0.0, atol=1e-12, err_msg=n)


@pytest.mark.parametrize("kind", PENALTIES)
def test_the_penalty_grows_away_from_the_old_optimum(kind):
    trainer = trainer_with(kind, dtype="float64")
    theta = learn(trainer, start(), TASKS[:1])
    trainer._penalty.before_task(as_task(theta, *TASKS[1]))
    moved = as_task({n: a + 0.1 * np.random.default_rng(4).normal(size=a.shape) for n, a in theta.items()}, *TASKS[1])
    assert penalty_of(trainer._penalty, moved).item() > 1e-4


@pytest.mark.parametrize("kind", PENALTIES)
def test_a_penalty_of_strength_zero_changes_no_bit(kind):
    plain = learn(GradientTrainer(NETWORK, SCHEDULE, PROBE, SETTINGS), start(), TASKS)
    assert same(learn(trainer_with(kind, strength=0.0), start(), TASKS), plain)


@pytest.mark.parametrize("kind", PENALTIES)
def test_a_penalty_with_strength_changes_the_second_task(kind):
    plain = GradientTrainer(NETWORK, SCHEDULE, PROBE, SETTINGS)
    one, two = learn(plain, start(), TASKS[:1]), learn(trainer_with(kind), start(), TASKS[:1])
    assert same(one, two)
    assert not same(learn(plain, start(), TASKS[:2]), learn(trainer_with(kind), start(), TASKS[:2]))


@pytest.mark.parametrize("kind", PENALTIES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_from_its_state_in_a_file_a_penalty_goes_on_bit_for_bit(kind, dtype, tmp_path):
    trainer = trainer_with(kind, dtype=dtype)
    theta = learn(trainer, start(), TASKS[:2])
    with h5py.File(tmp_path / "state.h5", "w") as file:
        for n, a in trainer.state().items():
            file[n] = a
    ahead = learn(trainer, theta, TASKS[2:])
    another = trainer_with(kind, dtype=dtype)
    with h5py.File(tmp_path / "state.h5") as file:
        another.restore({n: a[()] for n, a in file.items()})
    assert same(learn(another, theta, TASKS[2:]), ahead)
    assert same(another.state(), trainer.state())


@pytest.mark.parametrize("kind", PENALTIES)
def test_a_state_is_not_changed_by_what_comes_after(kind):
    trainer = trainer_with(kind)
    theta = learn(trainer, start(), TASKS[:1])
    state = trainer.state()
    before = {n: a.copy() for n, a in state.items()}
    learn(trainer, theta, TASKS[1:])
    assert same(state, before)


@pytest.mark.parametrize("kind", PENALTIES)
def test_an_empty_state_is_that_of_a_new_penalty(kind):
    trainer = trainer_with(kind)
    learn(trainer, start(), TASKS)
    trainer.restore({})
    assert same(learn(trainer, start(), TASKS[:2]), learn(trainer_with(kind), start(), TASKS[:2]))


@pytest.mark.parametrize(("kind", "name"), [("ewc", "classes"), ("si", "fisher.xh.w"), ("lwf", "importance.xh.w")])
def test_the_state_of_another_penalty_is_refused(kind, name):
    with pytest.raises(InputError, match=f"'{name}'"):
        PENALTIES[kind](1.0).restore({name: np.zeros(2)})


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: ElasticWeightConsolidation(-1.0), "ewc: strength"),
        (lambda: ElasticWeightConsolidation(1.0, samples=0), "ewc: samples"),
        (lambda: SynapticIntelligence(1.0, xi=0.0), "si: xi"),
        (lambda: LearningWithoutForgetting(1.0, temperature=0.0), "lwf: temperature"),
    ],
)
def test_numbers_that_make_no_penalty_are_refused(make, what):
    with pytest.raises(InputError, match=what):
        make()
