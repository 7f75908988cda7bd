"""The metaplastic binarised network is its equations, computed a second time in NumPy."""

from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")

from neurosim.errors import InputError, NumericalError
from neurosim.scenario.datasets.published import digits as handwritten
from neurosim_torch.baselines.metaplastic import MetaplasticAdam, MetaplasticNetwork

SIZES = (5, 6, 4, 3)
RANDOM = np.random.default_rng(3)
INPUTS, LABELS = RANDOM.uniform(0, 1, (14, 5)), RANDOM.integers(0, 3, 14)


def network(seed=0, dtype="float64", sizes=SIZES):
    return MetaplasticNetwork(sizes, np.random.default_rng(seed), dtype=dtype)


def shuffled(seed, count=14):
    return lambda epoch: np.random.default_rng([seed, epoch]).permutation(count)


def same(a, b):
    return set(a) == set(b) and all(np.array_equal(a[n], b[n]) for n in a)


def assert_close(found, expected):
    assert set(found) == set(expected)
    for n, values in expected.items():
        np.testing.assert_allclose(found[n], values, rtol=1e-8, atol=1e-12, err_msg=n)


# the optimiser


class Adam:
    """Of one array, in NumPy; the shrinking steps of a metaplastic one are shorter."""

    def __init__(self, lr, mu=0.0, decay=0.0):
        self.lr, self.mu, self.decay, self.t, self.m, self.v = lr, mu, decay, 0, 0.0, 0.0

    def move(self, w, gradient):
        g = gradient + self.decay * w
        self.t += 1
        self.m, self.v = 0.9 * self.m + 0.1 * g, 0.999 * self.v + 0.001 * g * g
        step = (self.m / (1 - 0.9**self.t)) / (np.sqrt(self.v / (1 - 0.999**self.t)) + 1e-8)
        shrinks = np.sign(w) * self.m > 0
        return w - self.lr * np.where(shrinks, 1 - np.tanh(self.mu * np.abs(w)) ** 2, 1.0) * step


def moved(start, gradients, **settings):
    w = torch.tensor(start, requires_grad=True)
    optimise = MetaplasticAdam([w], **settings)
    for g in gradients:
        w.grad = torch.tensor(g)
        optimise.step()
    return w.detach().numpy()


def test_steps_that_shrink_a_weight_are_shortened_after_the_bias_of_adam_is_corrected():
    random = np.random.default_rng(1)
    w, gradients = random.normal(size=(4, 3)), random.normal(size=(6, 4, 3))
    adam, expected = Adam(0.05, mu=1.35, decay=0.01), w
    for g in gradients:
        expected = adam.move(expected, g)
    found = moved(w, gradients, lr=0.05, metaplasticity=1.35, weight_decay=0.01)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_first_step_has_length_lr_times_one_minus_the_squared_hyperbolic_tangent():
    found = moved([2.0, -2.0, 2.0], [[0.3, 0.3, -0.3]], lr=0.1, metaplasticity=0.5)
    kept = 1 - np.tanh(1.0) ** 2
    np.testing.assert_allclose(found, [2 - 0.1 * kept, -2.1, 2.1], rtol=1e-6)


def test_without_metaplasticity_it_is_adam():
    random = np.random.default_rng(1)
    start, gradients = random.normal(size=(4, 3)), random.normal(size=(6, 4, 3))
    w = torch.tensor(start, requires_grad=True)
    optimise = torch.optim.Adam([w], lr=0.05, weight_decay=0.01)
    for g in gradients:
        w.grad = torch.tensor(g)
        optimise.step()
    found = moved(start, gradients, lr=0.05, weight_decay=0.01)
    np.testing.assert_allclose(found, w.detach().numpy(), rtol=1e-12)


# the network in NumPy


class Normalisation:
    """Batch normalisation, its gradient, and its running statistics."""

    def __init__(self, units):
        self.gain, self.shift = np.ones(units), np.zeros(units)
        self.mean, self.variance = np.zeros(units), np.ones(units)

    def learn(self, z):
        mean, variance = z.mean(axis=0), z.var(axis=0)
        self.mean = 0.9 * self.mean + 0.1 * mean
        self.variance = 0.9 * self.variance + 0.1 * z.var(axis=0, ddof=1)
        self.deviation = np.sqrt(variance + 1e-5)
        self.normal = (z - mean) / self.deviation
        return self.gain * self.normal + self.shift

    def infer(self, z):
        return self.gain * (z - self.mean) / np.sqrt(self.variance + 1e-5) + self.shift

    def back(self, error):
        """Gradients of z, gain and shift."""
        inner = error * self.gain
        along = (inner * self.normal).mean(axis=0)
        return (
            (inner - inner.mean(axis=0) - self.normal * along) / self.deviation,
            (error * self.normal).sum(axis=0),
            error.sum(axis=0),
        )


class Twin:
    """The network and its training."""

    def __init__(self, seed):
        random = np.random.default_rng(seed)
        shapes = list(pairwise(SIZES))
        self.weights = [random.uniform(-0.05, 0.05, s) for s in shapes]
        self.norms = [Normalisation(units) for _, units in shapes]

    def train(self, x, labels, batches, lr, mu, decay):
        adams = [(Adam(lr, mu, decay), Adam(lr), Adam(lr)) for _ in self.weights]
        for batch in batches:
            self.step(x[batch], labels[batch], adams)

    def step(self, x, labels, adams):
        put_in, normalised = [], []
        h = x
        for w, norm in zip(self.weights, self.norms, strict=True):
            put_in.append(h)
            normalised.append(norm.learn(h @ np.sign(w)))
            h = np.sign(normalised[-1])
        e = np.exp(normalised[-1])
        error = (e / e.sum(axis=1, keepdims=True) - np.eye(3)[labels]) / len(x)
        for i in reversed(range(len(self.weights))):
            w, norm = self.weights[i], self.norms[i]
            of_z, of_gain, of_shift = norm.back(error)
            if i:
                error = of_z @ np.sign(w).T * (np.abs(normalised[i - 1]) <= 1)
            self.weights[i] = adams[i][0].move(w, put_in[i].T @ of_z)
            norm.gain, norm.shift = adams[i][1].move(norm.gain, of_gain), adams[i][2].move(norm.shift, of_shift)

    def scores(self, x):
        for i, (w, norm) in enumerate(zip(self.weights, self.norms, strict=True)):
            x = norm.infer((np.sign(x) if i else x) @ np.sign(w))
        return x

    def state(self):
        found = {f"weight.{i}": w for i, w in enumerate(self.weights)}
        for part in ("gain", "shift", "mean", "variance"):
            found |= {f"{part}.{i}": getattr(norm, part) for i, norm in enumerate(self.norms)}
        return found


@pytest.fixture
def twins():
    """Both after the same three epochs of two tasks."""
    one, other = network(), Twin(0)
    for seed in (1, 2):
        one.train_task(INPUTS, LABELS, shuffled(seed), 3, 5, 0.02, 20.0, weight_decay=1e-3)
        batches = [shuffled(seed)(epoch)[k : k + 5] for epoch in range(3) for k in (0, 5, 10)]
        other.train(INPUTS, LABELS, batches, 0.02, 20.0, 1e-3)
    return one, other


def test_the_weights_start_as_the_generator_draws_them_and_normalisation_as_none():
    assert same(network(7).state(), Twin(7).state())


def test_training_is_that_of_the_equations(twins):
    assert_close(twins[0].state(), twins[1].state())


def test_scores_are_those_of_the_running_statistics(twins):
    np.testing.assert_allclose(twins[0].predict(INPUTS), twins[1].scores(INPUTS), rtol=1e-8, atol=1e-12)


def test_a_prediction_is_the_same_whatever_is_predicted_beside_it(twins):
    alone = np.concatenate([twins[0].predict(INPUTS[i : i + 1]) for i in range(len(INPUTS))])
    np.testing.assert_allclose(alone, twins[0].predict(INPUTS), rtol=1e-12)


def test_predicting_changes_nothing(twins):
    before = twins[0].state()
    twins[0].predict(INPUTS)
    assert same(twins[0].state(), before)


def test_metaplasticity_counts():
    plain, metaplastic = network(), network()
    plain.train_task(INPUTS, LABELS, None, 3, 7, 0.02)
    metaplastic.train_task(INPUTS, LABELS, None, 3, 7, 0.02, 20.0)
    assert not same(plain.state(), metaplastic.state())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_from_its_state_a_network_goes_on_bit_for_bit(dtype):
    one, other = network(dtype=dtype), network(seed=9, dtype=dtype)
    one.train_task(INPUTS, LABELS, shuffled(1), 2, 7, 0.02, 1.35)
    other.restore(one.state())
    for n in (one, other):
        n.train_task(INPUTS, LABELS, shuffled(2), 2, 7, 0.02, 1.35)
    assert same(one.state(), other.state())
    assert np.array_equal(one.predict(INPUTS), other.predict(INPUTS))


def test_a_state_is_not_changed_by_what_comes_after():
    learner = network()
    state = learner.state()
    learner.train_task(INPUTS, LABELS, None, 1, 7)
    assert same(state, network().state())
    assert not same(state, learner.state())


def test_the_order_of_trials_decides_everything():
    def after(seed):
        learner = network(dtype="float32")
        learner.train_task(INPUTS, LABELS, shuffled(seed), 2, 7, 0.02, 1.35)
        return learner.state()

    assert same(after(1), after(1))
    assert not same(after(1), after(2))


def test_every_epoch_is_reported():
    told = []
    history = network().train_task(
        INPUTS, LABELS, None, 3, 7, progress=lambda epoch, entry: told.append((epoch, entry))
    )
    assert told == list(enumerate(history, start=1))


def test_a_batch_of_a_single_trial_is_refused():
    with pytest.raises(InputError, match="14 trials in batches of 13"):
        network().train_task(INPUTS, LABELS, None, 1, 13)


@pytest.mark.parametrize(
    ("inputs", "labels", "message"),
    [
        (INPUTS[:, :4], LABELS, r"expected \(trials, 5\)"),
        (np.where(INPUTS > 0.9, np.nan, INPUTS), LABELS, "not finite"),
        (INPUTS, LABELS[:5], "expected 14 of them"),
        (INPUTS, LABELS + 1, "from 0 to 2"),
    ],
)
def test_trials_that_do_not_fit_are_refused(inputs, labels, message):
    with pytest.raises(InputError, match=message):
        network().train_task(inputs, labels, None, 1, 7)


def test_a_loss_that_is_not_finite_is_an_error():
    with pytest.raises(NumericalError, match="the loss"):
        network(dtype="float32").train_task(INPUTS, LABELS, None, 1, 7, lr=1e300)


def test_sizes_and_dtypes_that_make_no_network_are_refused():
    for sizes in ((5,), (5, 0, 3)):
        with pytest.raises(InputError, match="sizes"):
            network(sizes=sizes)
    with pytest.raises(InputError, match="dtype 'float16'"):
        network(dtype="float16")


def test_the_state_of_another_network_is_refused():
    state = network().state()
    with pytest.raises(InputError, match=r"'gane\.0'.*did you mean 'gain\.0'"):
        network().restore({**state, "gane.0": state["gain.0"]})
    with pytest.raises(InputError, match=r"'weight\.0' has shape \(5, 6\), expected \(5, 7\)"):
        network(sizes=(5, 7, 4, 3)).restore(state)
    with pytest.raises(InputError, match=r"'gain\.0' has shape none"):
        network().restore({n: a for n, a in state.items() if n != "gain.0"})


def test_two_tasks_of_digits_are_learned_one_after_the_other():
    samples = handwritten.read()
    learner = network(dtype="float32", sizes=(64, 100, 100, 4))
    for classes in ((0, 1), (2, 3)):
        chosen = np.isin(samples.labels, classes)
        x, y = samples.inputs[chosen], samples.labels[chosen]
        learner.train_task(x, y, shuffled(1, len(x)), 10, 32, 0.005, 1.35)
        assert (learner.predict(x).argmax(axis=1) == y).mean() > 0.9
