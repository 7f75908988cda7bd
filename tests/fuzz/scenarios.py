"""Scenario files: the shipped ones, altered in their structure or in their text."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import NeurosimError
from neurosim.model.network import Network
from neurosim.scenario import datasets, engine, preparation, schema
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.preparation import Prepared
from neurosim.scenario.schema import Scenario

from . import damage, documents, idx, spikes
from .kind import Kind, accepted_only_if

SHIPPED = Path(__file__).parents[2] / "scenarios"
FILE = "scenario.toml"
RATES = ("lr", "eps", "inc", "dec")
"""Constants of the library that have no meaning below 0."""
TINY = 20_000
"""Neurons times steps times samples up to which a scenario is run."""


@functools.cache
def _texts() -> tuple[str, ...]:
    texts = (p.read_text() for p in sorted(SHIPPED.glob("*.toml")))
    return tuple(text for text in texts if "[simulation]" not in text)


def prepare(folder: Path) -> None:
    """Small data sets under the names of the published ones; digits are loaded once, which takes a while."""
    datasets.load("digits", 1)
    for name in ("mnist", "fashion-mnist", "kmnist"):
        idx.prepare(folder / name)
    spikes.write_set(folder / "spoken-digits", "spoken")
    spikes.write_set(folder / "shd", "shd")


def make(random: random.Random, folder: Path, prepared: Path) -> None:
    text = random.choice(_texts())
    if random.random() < 0.2:
        (folder / FILE).write_bytes(damage.of_bytes(random, text.encode()))
    elif random.random() < 0.05:
        (folder / FILE).write_text(_odd(random, text))
    elif random.random() < 0.03:
        (folder / FILE).write_text(text)
        damage.of_place(random, folder / FILE)
    else:
        document = schema.document(text)
        if random.random() < 0.4:
            _make_smaller(document)
        documents.altered(random, document)
        (folder / FILE).write_text(documents.toml(document))
    (folder / "data").symlink_to(prepared)


def _odd(random: random.Random, text: str) -> str:
    """What only a text can be."""
    lines = text.split("\n")
    deep = random.choice([10, 1000, 60_000])
    return random.choice(
        [
            "\ufeff" + text,
            text.replace("\n", "\r\n"),
            text.replace("\n", "\r"),
            text + f"\nx = {'[' * deep}{']' * deep}\n",
            text + f"\nx = {'{a=' * deep}1{'}' * deep}\n",
            text + f"\n[{'.'.join('a' * deep)}]\n",
            text + f"\nx = {'9' * deep}\n",
            text + f"\nx = 0x{'f' * deep}\n",
            text + f"\nx = 1e{'9' * deep}\n",
            text + "\nx = 2026-13-45T99:99:99Z\n",
            "\n".join(random.sample(lines, len(lines))),
            "\n".join([*lines, random.choice(lines)]),
            text + "\0",
        ]
    )


def _make_smaller(document: dict[str, Any]) -> None:
    """So that what is accepted can be run."""
    if document["data"]["name"] == "digits":
        document["data"] |= {"test": 20, "validation": 0, "train": 20}
    for population in document["network"]["population"].values():
        population["size"] = population["size"] if population["size"] in (64, 10, 700, 784) else 5
    training = document.get("training", {})
    training |= {n: 2 for n in ("free_steps", "nudged_steps", "steps", "epochs") if n in training}
    if "steps" in document.get("sleep", {}):
        document["sleep"]["steps"] = 5


def run(folder: Path) -> None:
    """Check it, with its data too, and run what is small."""
    described = schema.read(folder / FILE)
    planned = preparation.plan(described)
    network = planned.network
    check_finite(described.model_dump(), "")
    _check_rates(network)
    data = _data(described, folder / "data")
    prepared = preparation.with_data(planned, data)
    _check_tasks(prepared)
    if _size(prepared) <= TINY and described.pretraining is None and _is_local(described):
        result = engine.run_prepared(prepared, ReferenceBackend().compile)
        accuracies = result.accuracy_matrix
        accepted_only_if(bool(((accuracies >= 0) & (accuracies <= 1)).all()), f"accuracies {accuracies}")
        for stage in result.stages:
            for name, array in stage.learned.items():
                accepted_only_if(bool(np.isfinite(array).all()), f"{name} is not finite after {stage.kind}")


def _data(described: Scenario, folder: Path) -> Dataset:
    """The data as the file has them; where that asks for more than the small files have, all that these have."""
    try:
        return described.data.build(folder)
    except NeurosimError:
        if not isinstance(described.data, schema.DataTable):
            raise
        if described.data.name not in datasets.DATASETS or described.data.name == "digits":
            raise
        return datasets.load(described.data.name, steps=described.data.steps, folder=folder)


def check_finite(value: Any, where: str) -> None:
    """No number of an accepted document is infinite or no number."""
    if isinstance(value, dict):
        for key, inner in value.items():
            check_finite(inner, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for inner in value:
            check_finite(inner, where)
    elif isinstance(value, float):
        accepted_only_if(bool(np.isfinite(value)), f"{where} = {value}")


def _rules(network: Network) -> Iterator[Any]:
    for part in network.parts:
        for mode in network.modes:
            yield from part.rules_in(mode)


def _check_rates(network: Network) -> None:
    """No learning rate of the library's rules is negative; rules of the file may have other names for it."""
    for rule in _rules(network):
        for name in RATES:
            accepted_only_if(not rule.params.get(name, 0.0) < 0, f"rule {rule.name}: {name} = {rule.params.get(name)}")


def _check_tasks(prepared: Prepared) -> None:
    """Every sample to train or test on is in a task, and every class has samples."""
    data = prepared.data
    check_data(data)
    for part, whole in (("train", data.train), ("test", data.test)):
        found = np.unique(np.concatenate([t.part(part) for t in prepared.tasks]))
        accepted_only_if(np.array_equal(found, np.unique(whole)), f"samples of the part {part} are in no task")


def check_data(data: Dataset) -> None:
    """Labels are those of classes that have samples; no sample is lost; inputs are finite."""
    labels = np.asarray(data.labels)
    accepted_only_if(labels.dtype.kind == "i", f"labels of type {labels.dtype}")
    accepted_only_if(np.array_equal(np.unique(labels), np.arange(data.classes)), "a class without a sample")
    samples = data.inputs.trials if hasattr(data.inputs, "trials") else len(data.inputs)
    accepted_only_if(samples == len(labels), f"{samples} samples, but {len(labels)} labels")
    if not hasattr(data.inputs, "trials"):
        accepted_only_if(bool(np.isfinite(data.inputs).all()), "inputs that are not finite")


def _is_local(described: Scenario) -> bool:
    """Whether it trains on the reference alone."""
    return described.training is not None and type(described.training).__name__ == "EquilibriumTable"


def _size(prepared: Prepared) -> float:
    described, tasks = prepared.scenario, prepared.tasks
    neurons = sum(p.size for p in prepared.network.populations)
    wake = prepared.programs["wake"]
    steps = sum(wake.constants[f"steps.{p.name}"] for p in wake.phases)
    epochs = getattr(described.training, "epochs", 1)
    asleep = 0 if described.sleep is None else sum(described.sleep.steps_after(k) for k in range(len(tasks)))
    return float(neurons) * (steps * epochs * sum(len(t.train) + len(t.test) * len(tasks) for t in tasks) / 50 + asleep)


KIND = Kind("scenario", 36, make, run, prepare)
