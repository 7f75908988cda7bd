"""What training by gradients takes of a user, what it refuses, and that it says where."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")

import neurosim as ns
from neurosim.errors import InputError
from neurosim_torch.baselines.metaplastic import MetaplasticNetwork
from neurosim_torch.baselines.penalties import ElasticWeightConsolidation, SynapticIntelligence
from neurosim_torch.surrogates import fast_sigmoid, straight_through, super_spike
from neurosim_torch.training.fit import fit
from neurosim_torch.training.losses import CrossEntropy
from neurosim_torch.training.trainer import Settings

NAN = float("nan")
NETWORK = ns.Network(
    [ns.Population("a", 2, ns.Clamp), ns.Population("b", 3, ns.RateUnit)], [ns.Projection("p", "a", "b")]
)
SCHEDULE = ns.Schedule([ns.Phase("run", 2)], [ns.Probe("b.s", "end:run")], {"a.s": "constant"})
TRIALS = ns.Trials({"a.s": np.ones((4, 2))})


def trained(target: object = (0, 1, 2, 0), **settings: object) -> object:
    descent = partial(torch.optim.SGD, lr=0.1)
    return fit(NETWORK, SCHEDULE, TRIALS, target, CrossEntropy("b.s@end:run"), descent, **settings)  # type: ignore[arg-type]


def metaplastic(**settings: object) -> object:
    network = MetaplasticNetwork(np.array([2, 3]), np.random.default_rng(0))  # type: ignore[arg-type]
    given = {"labels": [0, 1, 2, 0], "epochs": 1, **settings}
    return network.train_task(np.ones((4, 2)), order=None, batch=given.pop("batch", 4), **given)  # type: ignore[arg-type]


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: Settings(lr=NAN), "training: lr = nan; expected a finite number"),
    (lambda: Settings(lr="0.1"), "training: lr = '0.1'; expected a finite number"),  # type: ignore[arg-type]
    (lambda: Settings(epochs=True), "training: epochs = True; expected a whole number of at least 1"),
    (lambda: Settings(batch=2.5), "training: batch = 2.5; expected a whole number"),  # type: ignore[arg-type]
    (lambda: Settings(clip=float("inf")), "training: clip = inf; expected a finite number"),
    (lambda: Settings(optimiser="sgd", momentum=-0.5), "training: momentum = -0.5; expected a number of at least 0"),
    (lambda: Settings(weight_decay=-1), "training: weight_decay = -1.0; expected a number of at least 0"),
    (lambda: Settings(over=1), "training: over 1; expected a text"),  # type: ignore[arg-type]
    (lambda: Settings.of(["lr"]), "training: settings ['lr']; expected a mapping"),  # type: ignore[arg-type]
    (lambda: ElasticWeightConsolidation(NAN), "ewc: strength = nan; expected a finite number"),
    (lambda: ElasticWeightConsolidation(1.0, 2.5), "ewc: samples = 2.5; expected a whole number"),  # type: ignore[arg-type]
    (lambda: SynapticIntelligence(1.0, 0.0), "si: xi = 0.0; expected a number above 0"),
    (lambda: fast_sigmoid(NAN), "surrogate: slope nan; expected a finite number"),
    (lambda: super_spike(-1.0), "surrogate: slope -1; expected a number above 0"),
    (lambda: straight_through(NAN), "surrogate: window nan; expected a finite number"),
    (lambda: trained([0.7, 1, 2, 0]), "target has 0.7 in it; expected whole numbers of at least 0"),
    (lambda: trained(["0", "1", "2", "0"]), "target has values of type <U1"),
    (lambda: trained([-1, 1, 2, 0]), "target has -1 in it"),
    (lambda: trained(np.full((4, 3), NAN)), "target has values that are not finite"),
    (lambda: trained(batch=0), "fit: batch = 0; expected a whole number of at least 1"),
    (lambda: trained(clip=NAN), "fit: clip = nan; expected a finite number"),
    (lambda: trained(truncate=1.5), "fit: truncate = 1.5; expected a whole number"),
    (lambda: metaplastic(labels=[0.7, 1, 2, 0]), "labels has 0.7 in it; expected whole numbers from 0 to 2"),
    (lambda: metaplastic(lr=NAN), "lr = nan; expected a finite number"),
    (lambda: metaplastic(batch=2.0), "batch = 2.0; expected a whole number of at least 2"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_what_has_no_meaning_is_refused_where_it_is_given(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        make()


def test_numbers_of_numpy_are_numbers() -> None:
    assert Settings(epochs=np.int64(2), lr=np.float32(0.5)) == Settings(epochs=2, lr=0.5)  # type: ignore[arg-type]
    trained(np.array([0, 1, 2, 0], np.uint8), epochs=np.int64(1))
    metaplastic()
