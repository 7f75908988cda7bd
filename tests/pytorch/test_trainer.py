"""Task after task by gradients: settings are what `fit` is given, and nothing but the penalty goes on."""

from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")

from neurosim.errors import BackendUnavailable, InputError, ModelError
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, LeakyReadout, NeuronModel, SurrogateLIF, learned
from neurosim.program.schedule import Phase, Probe, Schedule, Trials
from neurosim.scenario.datasets.published import digits as handwritten
from neurosim_torch.baselines.penalties import PENALTIES, SynapticIntelligence
from neurosim_torch.surrogates import fast_sigmoid, straight_through
from neurosim_torch.training.fit import fit
from neurosim_torch.training.losses import CrossEntropy, MeanSquared
from neurosim_torch.training.trainer import GradientTrainer, Settings

NETWORK = Network(
    [Population("x", 4, Clamp), Population("h", 6, SurrogateLIF), Population("y", 3, LeakyReadout)],
    [Projection("xh", "x", "h"), Projection("hy", "h", "y")],
)
SCHEDULE = Schedule([Phase("run", 8)], [Probe("y.o", "step"), Probe("h.spike", "step")], {"x.s": "constant"})
PROBE = "y.o@step"
RANDOM = np.random.default_rng(0)
START = {n: RANDOM.normal(0, 1.0, v.shape) for n, v in NETWORK.learned().items()}
TRIALS, LABELS = Trials({"x.s": RANDOM.uniform(0, 2, (11, 4))}), RANDOM.integers(0, 3, 11)


def shuffled(seed):
    return lambda epoch: np.random.default_rng([seed, epoch]).permutation(11)


def trained(settings, start=START, order=None):
    return GradientTrainer(NETWORK, SCHEDULE, PROBE, settings).train(start, TRIALS, LABELS, order or shuffled(1))


def same(a, b):
    return set(a) == set(b) and all(np.array_equal(a[n], b[n]) for n in a)


FITTED = partial(fit, NETWORK, SCHEDULE, TRIALS, LABELS, learned=START, order=shuffled(1))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, partial(FITTED, CrossEntropy(PROBE), partial(torch.optim.Adam, lr=0.001))),
        (
            {"loss": "mean-squared", "over": "max", "optimiser": "adamax", "lr": 0.02, "weight_decay": 0.1},
            partial(FITTED, MeanSquared(PROBE, "max"), partial(torch.optim.Adamax, lr=0.02, weight_decay=0.1)),
        ),
        (
            {"optimiser": "sgd", "lr": 0.1, "momentum": 0.9, "epochs": 2, "batch": 4, "truncate": 3, "clip": 0.05},
            partial(
                FITTED, CrossEntropy(PROBE), partial(torch.optim.SGD, lr=0.1, momentum=0.9),
                epochs=2, batch=4, truncate=3, clip=0.05,
            ),
        ),
        (
            {"surrogate": "straight-through", "dtype": "float64", "lr": 0.1},
            partial(
                FITTED, CrossEntropy(PROBE), partial(torch.optim.Adam, lr=0.1),
                surrogate=straight_through(), dtype="float64",
            ),
        ),
        (
            {"surrogate": "fast-sigmoid", "slope": 3.0, "lr": 0.1},
            partial(FITTED, CrossEntropy(PROBE), partial(torch.optim.Adam, lr=0.1), surrogate=fast_sigmoid(3.0)),
        ),
        (
            {"lr": 0.1, "epochs": 3, "penalty": {"kind": "si", "strength": 5.0}},
            partial(
                FITTED, CrossEntropy(PROBE), partial(torch.optim.Adam, lr=0.1),
                epochs=3, penalty=SynapticIntelligence(5.0),
            ),
        ),
    ],
)  # fmt: skip
def test_a_task_is_fitted_with_the_settings(settings, expected):
    assert same(trained(settings).learned, expected().learned)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"lr": 0.1}, {"lr": 0.2}),
        ({"loss": "cross-entropy"}, {"loss": "mean-squared"}),
        ({"over": "last"}, {"over": "max"}),
        ({"optimiser": "adam", "epochs": 3}, {"optimiser": "adamax", "epochs": 3}),
        ({"optimiser": "sgd", "momentum": 0.0, "epochs": 3}, {"optimiser": "sgd", "momentum": 0.9, "epochs": 3}),
        ({"weight_decay": 0.0}, {"weight_decay": 0.5}),
        ({"epochs": 1}, {"epochs": 2}),
        ({"batch": 64}, {"batch": 4}),
        ({"surrogate": "fast-sigmoid"}, {"surrogate": "super-spike"}),
        ({"surrogate": "fast-sigmoid"}, {"surrogate": "straight-through"}),
        ({"surrogate": "fast-sigmoid"}, {"surrogate": "fast-sigmoid", "slope": 1.0}),
        ({"truncate": None}, {"truncate": 2}),
        ({"optimiser": "sgd", "clip": None}, {"optimiser": "sgd", "clip": 1e-3}),
        ({"dtype": "float32"}, {"dtype": "float64"}),
    ],
)
def test_every_setting_counts(one, other):
    assert not same(trained({"lr": 0.05} | one).learned, trained({"lr": 0.05} | other).learned)


def test_the_order_of_trials_decides_everything():
    settings = {"lr": 0.05, "batch": 4, "epochs": 2}
    once, again = (trained(settings, order=shuffled(1)).learned for _ in range(2))
    assert same(once, again)
    assert not same(once, trained(settings, order=shuffled(2)).learned)


@pytest.mark.parametrize("optimiser", ["adam", "adamax", "sgd"])
def test_the_optimiser_of_a_task_knows_nothing_of_the_task_before(optimiser):
    settings = {"lr": 0.05, "optimiser": optimiser, "momentum": 0.9 if optimiser == "sgd" else 0.0}
    trainer = GradientTrainer(NETWORK, SCHEDULE, PROBE, settings)
    first = trainer.train(START, TRIALS, LABELS, shuffled(1)).learned
    second = trainer.train(first, TRIALS, LABELS, shuffled(1)).learned
    assert same(second, trained(settings, start=first).learned)


def test_a_penalty_goes_on_from_task_to_task():
    settings = {"lr": 0.05, "epochs": 2, "penalty": {"kind": "si", "strength": 5.0}}
    trainer = GradientTrainer(NETWORK, SCHEDULE, PROBE, settings)
    first = trainer.train(START, TRIALS, LABELS, shuffled(1)).learned
    second = trainer.train(first, TRIALS, LABELS, shuffled(1)).learned
    assert not same(second, trained(settings, start=first).learned)


def test_arrays_that_are_not_given_start_at_their_initial_values():
    zeros = {n: np.full(v.shape, v.initial) for n, v in NETWORK.learned().items()}
    penalised = {"lr": 0.05, "penalty": {"kind": "ewc", "strength": 1.0}}
    given = {"xh.w": START["xh.w"]}
    assert same(trained(penalised, start=given).learned, trained(penalised, start=zeros | given).learned)


def test_a_validation_part_chooses_the_epoch():
    trainer = GradientTrainer(NETWORK, SCHEDULE, PROBE, {"lr": 0.5, "epochs": 4})
    fitted = trainer.train(START, TRIALS, LABELS, shuffled(1), validation=(TRIALS.part(0, 5), LABELS[:5]))
    assert len(fitted.history) == 4
    assert fitted.history[fitted.best].validation_accuracy == max(e.validation_accuracy for e in fitted.history)


def test_training_ends_when_patience_does():
    trainer = GradientTrainer(NETWORK, SCHEDULE, PROBE, {"lr": 0.5, "epochs": 50, "patience": 2})
    fitted = trainer.train(START, TRIALS, LABELS, shuffled(1), validation=(TRIALS.part(0, 5), LABELS[:5]))
    assert len(fitted.history) == fitted.best + 3 < 50


def test_arrays_that_do_not_fit_are_refused_before_a_penalty_uses_them():
    trainer = GradientTrainer(NETWORK, SCHEDULE, PROBE, {"penalty": {"kind": "lwf", "strength": 1.0}})
    trainer.train(START, TRIALS, LABELS, None)
    with pytest.raises(InputError, match=r"'xh\.w' has shape"):
        trainer.train({"xh.w": np.zeros((2, 2))}, TRIALS, LABELS, None)


def test_every_epoch_is_reported():
    told = []
    GradientTrainer(NETWORK, SCHEDULE, PROBE, {"epochs": 3}).train(
        START, TRIALS, LABELS, None, progress=lambda epoch, entry: told.append((epoch, entry))
    )
    assert [epoch for epoch, _ in told] == [1, 2, 3]
    assert all(np.isfinite(entry.loss) for _, entry in told)


def test_keys_that_belong_to_another_kind_of_penalty_change_nothing():
    every = {"strength": 1.0, "samples": 3, "xi": 0.2, "temperature": 4.0}
    found = [Settings(penalty={"kind": kind, **every}).build_penalty() for kind in ("ewc", "si", "lwf")]
    assert (found[0].samples, found[1].xi, found[2].temperature) == (3, 0.2, 4.0)


def test_what_is_none_has_its_usual_value():
    penalty = {"kind": "ewc", "strength": 1.0, "samples": None}
    assert Settings(penalty=penalty).build_penalty().samples == PENALTIES["ewc"](1.0).samples


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epoch": 3}, "no setting 'epoch'; did you mean 'epochs'"),
        ({"loss": "cross_entropy"}, "loss 'cross_entropy'; did you mean 'cross-entropy'"),
        ({"over": "mean"}, "over 'mean'"),
        ({"optimiser": "sdg"}, "optimiser 'sdg'; did you mean 'sgd'"),
        ({"surrogate": "fast"}, "surrogate 'fast'; did you mean 'fast-sigmoid'"),
        ({"dtype": "float16"}, "dtype 'float16'; did you mean 'float"),
        ({"device": "gpu"}, "device 'gpu'"),
        ({"penalty": {"kind": "mas", "strength": 1.0}}, "penalty kind 'mas'"),
        ({"penalty": {"kind": "si", "strength": 1.0, "temprature": 2.0}}, "'temprature'; did you mean 'temperature'"),
        ({"penalty": {"kind": "si"}}, "no strength"),
        ({"lr": 0.0}, "lr = 0.0"),
        ({"epochs": 0}, "epochs = 0"),
        ({"truncate": -1}, "truncate = -1"),
        ({"optimiser": "adam", "momentum": 0.9}, "momentum belongs to sgd"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        GradientTrainer(NETWORK, SCHEDULE, PROBE, settings)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(BackendUnavailable, match="cuda"):
        GradientTrainer(NETWORK, SCHEDULE, PROBE, {"device": "cuda"})


def test_a_probe_that_the_schedule_has_not_is_refused():
    with pytest.raises(InputError, match=r"'y\.o@end:run'.*did you mean 'y\.o@step'"):
        GradientTrainer(NETWORK, SCHEDULE, "y.o@end:run", {})


def test_a_mode_that_the_network_has_not_is_refused():
    with pytest.raises(ModelError, match="'sleep'"):
        GradientTrainer(NETWORK, SCHEDULE, PROBE, {}, mode="sleep").train(START, TRIALS, LABELS, None)


def test_a_state_is_refused_where_no_penalty_keeps_one():
    trainer = GradientTrainer(NETWORK, SCHEDULE, PROBE, {})
    trainer.restore(trainer.state())
    with pytest.raises(InputError, match=r"'importance\.xh\.w'"):
        trainer.restore({"importance.xh.w": np.zeros((4, 6))})


# handwritten digits, two classes and then two others

Unit = NeuronModel("Unit", {"s": 0.0}, {"bias": learned()}, {"s": "tanh(drive + bias)"})
Score = NeuronModel("Score", {"s": 0.0}, {"bias": learned()}, {"s": "drive + bias"})


def digits(classes):
    samples = handwritten.read()
    chosen = np.isin(samples.labels, classes)
    return samples.inputs[chosen], samples.labels[chosen]


def scores(theta, x):
    return np.tanh(x @ theta["xh.w"] + theta["h.bias"]) @ theta["hy.w"] + theta["y.bias"]


def cross_entropy(theta, x, labels):
    z = scores(theta, x)
    return float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels]))


def two_tasks_of_digits(penalty):
    network = Network(
        [Population("x", 64, Clamp), Population("h", 30, Unit), Population("y", 4, Score)],
        [Projection("xh", "x", "h"), Projection("hy", "h", "y")],
    )
    schedule = Schedule([Phase("run", 2)], [Probe("y.s", "end:run")], {"x.s": "constant"})
    settings = {"lr": 0.01, "epochs": 4, "batch": 32, "penalty": penalty}
    trainer = GradientTrainer(network, schedule, "y.s@end:run", settings)
    random = np.random.default_rng(0)
    theta = {n: random.normal(0, 0.1, v.shape) for n, v in network.learned().items()}
    for x, labels in (digits([0, 1]), digits([2, 3])):
        order = partial(_permutation, len(x))
        theta = trainer.train(theta, Trials({"x.s": x}), labels, order).learned
    return theta


def _permutation(count, epoch):
    return np.random.default_rng(epoch).permutation(count)


@pytest.fixture(scope="module")
def forgetful():
    return cross_entropy(two_tasks_of_digits(None), *digits([0, 1]))


@pytest.mark.parametrize(("kind", "strength"), [("ewc", 1e4), ("si", 10.0), ("lwf", 10.0)])
def test_digits_learned_before_are_lost_half_as_much_under_a_penalty_and_new_ones_learned(kind, strength, forgetful):
    theta = two_tasks_of_digits({"kind": kind, "strength": strength})
    assert cross_entropy(theta, *digits([0, 1])) < 0.5 * forgetful
    x, labels = digits([2, 3])
    assert (scores(theta, x).argmax(axis=1) == labels).mean() > 0.9
