"""Baselines of continual learning, trained by gradients, over five seeds: accuracy over all classes after five tasks.

python scenarios/baselines.py digits
python scenarios/baselines.py permuted
python scenarios/baselines.py mnist --data FOLDER

Needs PyTorch. Rows are scenarios like those in the TOML files beside this one, but for two: the published metaplastic
network, which batch normalisation keeps from being one, and the nearest class mean, which has no weights and no seeds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nearest_class_mean
import numpy as np

import neurosim
from neurosim.model.randomness import stream
from neurosim.scenario import engine, schema
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.schema import Scenario
from neurosim_torch.baselines.metaplastic import MetaplasticNetwork

SEEDS = range(5)
Table = dict[str, Any]

INCREMENTAL: Table = {"kind": "class-incremental", "increment": 2}
PERMUTED: Table = {"kind": "permuted", "tasks": 5}


@dataclass(frozen=True)
class Asleep:
    """Sleep replay: thresholds of hidden and output units, steps of the rule, length of the first sleep, input rate."""

    theta: tuple[float, float]
    inc: float
    dec: float
    steps: int
    rate: float


@dataclass(frozen=True)
class Setting:
    """What depends on the data set."""

    data: Table
    inputs: int
    hidden: int
    epochs: int
    recurrent_epochs: int
    stream: Table
    asleep: Asleep | None = None


ASLEEP = Asleep((0.855, 0.220), 0.0119, 0.00183, 297, 0.311)
"""The best of a random search of some 40 settings on the validation part of the digits, after BPTT."""

SETTINGS = {
    "digits": Setting({"name": "digits", "test": 360, "validation": 287}, 64, 256, 10, 5, INCREMENTAL, ASLEEP),
    "mnist": Setting({"name": "mnist", "train": 6000}, 784, 256, 5, 5, INCREMENTAL),
    "permuted": Setting({"name": "digits", "test": 360, "validation": 287}, 64, 512, 3, 3, PERMUTED),
}

MODELS: Table = {
    "Relu": {
        "state": {"s": 0.0},
        "params": {"bias": {"learned": 0.0}},
        "update": {"s": "maximum(drive + bias, 0)"},
    },
    "Logistic": {
        "state": {"s": 0.0},
        "params": {"bias": {"learned": 0.0}},
        "update": {"s": "s + 0.5*(sigmoid(4*(drive + bias - 0.5)) - s)"},
    },
    "Linear": {"state": {"s": 0.0}, "params": {"bias": {"learned": 0.0}}, "update": {"s": "drive + bias"}},
}


def feed_forward(setting: Setting, **tables: Table) -> Scenario:
    """inputs-hidden-classes, ReLU, softmax; one step a layer."""
    gradients = _gradients(setting, steps=2, loss="cross-entropy", optimiser="sgd", momentum=0.9, lr=0.01)
    return _scenario(setting, "Relu", "Linear", False, gradients, tables)


def recurrent(setting: Setting, **tables: Table) -> Scenario:
    """The layered recurrent network of equilibrium propagation, trained by BPTT (MRNN-BPTT); smooth units.

    With hard sigmoids many units stay at 0, where BPTT has no gradient.
    """
    gradients = _gradients(
        setting, steps=12, loss="mean-squared", optimiser="adam", lr=0.001, epochs=setting.recurrent_epochs
    )
    return _scenario(setting, "Logistic", "Logistic", True, gradients, tables)


def _gradients(setting: Setting, **values: Any) -> Table:
    shared = {"method": "gradient", "input": "input", "output": "output", "batch": 32, "epochs": setting.epochs}
    return {**shared, **values}


def _scenario(setting: Setting, hidden: str, output: str, reciprocal: bool, training: Table, tables: Table) -> Scenario:
    asleep: list[Table] = [{}, {}, {}]
    mode: Table = {"initial": {"scale": 0.5 if reciprocal else 1.0}}
    if "sleep" in tables and setting.asleep is not None:
        units = [{"model": "Heaviside", "decay": 0.999, "theta": theta} for theta in setting.asleep.theta]
        asleep = [{"sleep": m} for m in ({"model": "SpikeInput"}, *units)]
        mode["sleep"] = {
            "learning": [{"rule": "SleepPlasticity", "inc": setting.asleep.inc, "dec": setting.asleep.dec}]
        }
    return schema.from_document({
        "scenario": {"name": "baseline"},
        "data": setting.data,
        "stream": setting.stream,
        "models": MODELS,
        "network": {
            "population": {
                "input": {"size": setting.inputs, "wake": {"model": "Clamp"}, **asleep[0]},
                "hidden": {"size": setting.hidden, "wake": {"model": hidden}, **asleep[1]},
                "output": {"size": 10, "wake": {"model": output}, **asleep[2]},
            },
            "projection": {
                "input_hidden": {"pre": "input", "post": "hidden", **mode},
                "hidden_output": {"pre": "hidden", "post": "output", "wake": {"reciprocal": reciprocal}, **mode},
            },
        },
        **tables,
        "training": {**training, **tables.get("training", {})},
    })  # fmt: skip


def penalised(kind: str, **values: float) -> Table:
    return {"training": {"penalty": {"kind": kind, **values}}}


Rows = dict[str, Callable[[Setting], Scenario]]
ROWS: Rows = {
    "feed-forward, sequential": feed_forward,
    "feed-forward, joint": lambda s: feed_forward(s, stream={"kind": "joint"}),
    "feed-forward, rehearsal of 5 %": lambda s: feed_forward(s, rehearsal={"fraction": 0.05}),
    "feed-forward, EWC": lambda s: feed_forward(s, **penalised("ewc", strength=100.0)),
    "feed-forward, SI": lambda s: feed_forward(s, **penalised("si", strength=1.0)),
    "feed-forward, LwF": lambda s: feed_forward(s, **penalised("lwf", strength=1.0)),
    "recurrent, BPTT": recurrent,
    "recurrent, BPTT, joint": lambda s: recurrent(s, stream={"kind": "joint"}),
    "recurrent, BPTT, EWC": lambda s: recurrent(s, **penalised("ewc", strength=100.0)),
}
PERMUTED_ROWS: Rows = {
    "feed-forward, sequential": lambda s: feed_forward(s, training={"lr": 0.003}),
    "feed-forward, rehearsal of 50 samples": lambda s: feed_forward(
        s, training={"lr": 0.01}, rehearsal={"samples": 50}
    ),
    "feed-forward, EWC": lambda s: feed_forward(
        s, training={"lr": 0.01, "penalty": {"kind": "ewc", "strength": 100.0}}
    ),
}
"""Each at the best of rates 0.003, 0.01, 0.03 and 0.1 on the validation part, seed 100; EWC of the first two, and of
strengths 1, 10, 100 and 1000."""


def sleeping(setting: Setting, asleep: Asleep) -> Scenario:
    """The recurrent network with sleep replay after each task."""
    table = {"input": "input", "steps": asleep.steps, "growth": 1 / 3, "rate": asleep.rate}
    return recurrent(setting, sleep=table)


def metaplastic(setting: Setting, data: Dataset, seed: int) -> float:
    """The published form: 512-512 binary, batch normalisation, straight-through gradients, metaplastic Adam."""
    tasks = feed_forward(setting).stream.build(data)
    network = MetaplasticNetwork((setting.inputs, 512, 512, 10), stream(seed, "weights", "metaplastic"))
    for task in tasks:
        network.train_task(
            data.array[task.train],
            data.labels[task.train],
            lambda epoch, task=task: stream(seed, "order", task.index, epoch).permutation(len(task.train)),
            epochs=setting.epochs,
            batch=100,
            lr=0.005,
            metaplasticity=1.35,
        )
    samples = np.concatenate([t.test for t in tasks])
    return float((network.predict(data.array[samples]).argmax(axis=1) == data.labels[samples]).mean())


def row(name: str, accuracies: list[float]) -> str:
    return f"| {name} | {np.mean(accuracies):.3f} | {min(accuracies):.3f} to {max(accuracies):.3f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=SETTINGS)
    parser.add_argument("--data", dest="folder", type=Path, help="where data sets are")
    options = parser.parse_args()
    setting = SETTINGS[options.data]
    backend, _ = neurosim.load("torch")
    data = feed_forward(setting).data.build(options.folder)
    incremental = setting.stream is INCREMENTAL
    tasks = "five tasks of two classes" if incremental else "five orders of the pixels"
    print(f"| {options.data}, {tasks} | mean accuracy | lowest to highest |\n|---|---|---|")
    scenarios = {name: build(setting) for name, build in (ROWS if incremental else PERMUTED_ROWS).items()}
    if setting.asleep is not None:
        scenarios["recurrent, BPTT, sleep"] = sleeping(setting, setting.asleep)
    for name, scenario in scenarios.items():
        results = [engine.run(scenario, backend.compile, seed, data=data) for seed in SEEDS]
        print(row(name, [r.accuracy for r in results]), flush=True)
    if incremental:
        found = [metaplastic(setting, data, seed) for seed in SEEDS]
        print(row("metaplastic binarised network", found), flush=True)
    print(f"| nearest class mean | {nearest_class_mean.accuracy(feed_forward(setting), data):.3f} | - |")


if __name__ == "__main__":
    main()
