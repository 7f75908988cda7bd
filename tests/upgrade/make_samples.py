"""Make the samples of this release: what it writes, and the numbers in it, for later releases to read.

    python tests/upgrade/make_samples.py tests/upgrade/samples/VERSION

Samples of a release are made once, by that release, and never again: they stand for the files that users have.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.backend import registry
from neurosim.chip.limits import chip_of
from neurosim.model.connectivity import OneToOne, Pairs
from neurosim.model.learning import BiasPropagation, BinaryPropagation, EquilibriumPropagation
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, RateUnit
from neurosim.model.synapses import Binary
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Grid
from neurosim.program.schedule import Phase, Probe, Schedule, Trials
from neurosim.results import pretrained, store
from neurosim.results.checkpoint import Checkpoint
from neurosim.results.pretrained import Pretrained
from neurosim.results.result import Result, Stage
from neurosim.results.store import Identity, RunDirectory
from neurosim.scenario import engine, schema
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.preparation import Prepared, prepare
from neurosim.scenario.runs import saved_run
from neurosim.scenario.runs.chip_estimate import examine
from neurosim.scenario.streams import Task

SCENARIOS = Path(__file__).parents[2] / "scenarios"

SMALL = """\
# Two tasks on the grid, without sleep.
[scenario]
name = "small"
precision = { format = "grid" }
tier = "T0"
[data]
name = "digits"
test = 20
train = 20
[stream]
kind = "class-incremental"
increment = 5
[network.population.input]
size = 64
wake = { model = "Clamp" }
[network.population.hidden]
size = 4
wake = { model = "RateUnit", learning = [{ rule = "BiasPropagation", lr = 0.2 }] }
[network.population.output]
size = 10
wake = { model = "RateUnit" }
[network.projection.input_hidden]
pre = "input"
post = "hidden"
wake = { learning = [{ rule = "EquilibriumPropagation", lr = 0.2 }] }
[network.projection.hidden_output]
pre = "hidden"
post = "output"
wake = { reciprocal = true, learning = [{ rule = "EquilibriumPropagation", lr = 0.1 }] }
[training]
method = "one-sided"
input = "input"
output = "output"
free_steps = 4
nudged_steps = 2
beta = 0.5
"""

SLEEP_AND_GATES = """\
# Two tasks on the grid, a gate on the hidden units, sleep after each task.
[scenario]
name = "sleep_and_gates"
precision = { format = "grid" }
tier = "T0"
[data]
name = "digits"
test = 20
train = 20
[stream]
kind = "class-incremental"
increment = 5
[models.GatedUnit]
state = { s = 0.0, s_free = 0.0 }
params = { eps = 0.5, gate = { driven = 1.0 } }
update = { s = "clip(s + eps*(-s + gate*drive), 0, 1)" }
[network.population.input]
size = 64
wake = { model = "Clamp" }
sleep = { model = "SpikeInput" }
[network.population.hidden]
size = 6
wake = { model = "GatedUnit" }
sleep = { model = "Heaviside", decay = 0.99, theta = 0.3 }
[network.population.output]
size = 10
wake = { model = "RateUnit" }
sleep = { model = "Heaviside", decay = 0.99, theta = 0.1 }
[network.projection.input_hidden]
pre = "input"
post = "hidden"
wake = { learning = [{ rule = "EquilibriumPropagation", lr = 0.2 }] }
sleep = { learning = [{ rule = "SleepPlasticity", inc = 0.002, dec = 0.004 }] }
[network.projection.hidden_output]
pre = "hidden"
post = "output"
wake = { reciprocal = true, learning = [{ rule = "EquilibriumPropagation", lr = 0.1 }] }
sleep = { learning = [{ rule = "SleepPlasticity", inc = 0.002, dec = 0.004 }] }
[training]
method = "one-sided"
input = "input"
output = "output"
free_steps = 4
nudged_steps = 2
beta = 0.5
[gates]
kind = "input-conditioned"
populations = ["hidden"]
density = 0.5
[sleep]
input = "input"
steps = 30
rate = 0.7
"""

PRETRAINED = """\
# A readout of digits whose weights come from a file; nothing is trained.
[scenario]
name = "from_file"
precision = { format = "grid" }
[data]
name = "digits"
test = 40
train = 20
[stream]
kind = "joint"
[network.population]
input = { size = 64, wake = { model = "Clamp" } }
hidden = { size = 6, wake = { model = "LIF" } }
readout = { size = 10, wake = { model = "LeakyReadout" } }
[network.projection]
first = { pre = "input", post = "hidden" }
second = { pre = "hidden", post = "readout", initial = { scale = 0.2 } }
[pretraining]
file = "trained.h5"
input = "input"
output = "readout"
steps = 8
over = "max"
lr = 0.01
"""

SEED = 3


def main(out: Path) -> None:
    """Write all samples to a folder that is not there yet."""
    out.mkdir(parents=True)
    for make in (scenarios, runs, method_state, network, trained):
        make(out)


def scenarios(out: Path) -> None:
    """Scenario files of today, and what each says with every default."""
    (out / "scenarios").mkdir()
    for path in (p for p in sorted(SCENARIOS.glob("*.toml")) if "[simulation]" not in p.read_text()):
        shutil.copyfile(path, out / "scenarios" / path.name)
        _write(out / "scenarios" / f"{path.stem}.json", schema.parse(schema.text_of(path)).model_dump(mode="json"))


def runs(out: Path) -> None:
    """Two runs that finished, and one that was interrupted after its third phase, which is a test."""
    (out / "run_directories").mkdir()
    for name, text in (("small", SMALL), ("sleep_and_gates", SLEEP_AND_GATES)):
        result = _finished(text, out / "run_directories" / name)
        _write(out / "run_directories" / f"{name}.json", {**numbers_of(result), "on_chip": on_chip(text, result)})
    _interrupted(SLEEP_AND_GATES, out / "run_directories" / "interrupted")


def numbers_of(result: Result) -> dict[str, Any]:
    """What a result says: accuracies, counts, and of each stage its arrays and spikes."""
    return {
        "accuracy_matrix": result.accuracy_matrix.tolist(),
        "samples": list(result.samples),
        "counts": {kind: dict(counts) for kind, counts in result.counts.items()},
        "stages": [_stage(s) for s in result.stages],
    }


def _stage(stage: Stage) -> dict[str, Any]:
    """Sums on the grid are exact, so they tell arrays apart in a few characters."""
    return {
        "kind": stage.kind,
        "learned": {n: [a.sum().item(), np.abs(a).sum().item(), list(a.shape)] for n, a in stage.learned.items()},
        "spikes": {n: [len(e.indices), int(e.indices.sum())] for n, e in stage.spikes.items()},
    }


def on_chip(text: str, result: Result) -> dict[str, Any]:
    """What a chip would make of a run that has ended: cores, and how many weights its eight bits change."""
    opened = registry.opener(*registry.load("reference"))
    report = examine(_prepared(text), chip_of("loihi2"), "reference:numpy", opened, kept=result).as_data()
    return {"cores": report["cores"], "changed": {p["name"]: p["changed"] for p in report["precision"]}}


def _prepared(text: str) -> Prepared:
    scenario = schema.parse(text)
    return prepare(scenario, scenario.data.build())


def _begin(text: str, out: Path) -> tuple[RunDirectory, Any]:
    prepared, (backend, mode) = _prepared(text), registry.load("reference")
    return saved_run.begin(prepared, text, backend, mode, SEED, out), (prepared, backend)


def _finished(text: str, target: Path) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        directory, parts = _begin(text, Path(folder))
        with directory:
            result = saved_run.go_on(directory, *parts)
        shutil.move(directory.path, target)
    return result


class _Interrupt(Listener):
    """Interrupts a run when the first task has been tested and the second is about to be learned."""

    def before_task(self, task: Task) -> None:
        if task.index == 1:
            raise KeyboardInterrupt


def _interrupted(text: str, target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        directory, parts = _begin(text, Path(folder))
        with directory, suppress(KeyboardInterrupt):
            saved_run.go_on(directory, *parts, listener=_Interrupt())
        shutil.move(directory.path, target)


def method_state(out: Path) -> None:
    """A run directory with a method's state of every kind of number."""
    versions = {"neurosim": "0.1.0", "numpy": "2.3.0"}
    identity = Identity("state", SEED, "reference", "numpy", "test", (2,), versions, "0" * 64)
    stage = Stage(0, "trained", {"p.w": np.array([[0.5, -0.25]])}, {}, (), 4, 8, 0.1)
    state = {"importance.p.w": np.array([[0.125, 2.0]]), "classes": np.array([1, 7]), "seen": np.array([True, False])}
    with tempfile.TemporaryDirectory() as folder:
        with RunDirectory.create(Path(folder), identity, {store.SCENARIO: SMALL}) as directory:
            directory.keep(Checkpoint(stage), state)
        shutil.move(directory.path, out / "run_directories" / "method_state")
    _write(out / "run_directories" / "method_state.json", {n: a.tolist() for n, a in state.items()})


def network(out: Path) -> None:
    """A network of every connectivity, in one direction and in both, and what it learns in a few trials."""
    rule = EquilibriumPropagation(lr=0.05)
    populations = [
        Population("input", 3, Clamp),
        Population("first", 2, RateUnit, [BiasPropagation(lr=0.02)]),
        Population("second", 2, RateUnit),
        Population("output", 3, RateUnit),
    ]
    projections = [
        Projection("all", "input", "first", learning=[rule]),
        Projection("pairs", "input", "second", learning=[rule], connectivity=Pairs([0, 2, 1], [1, 0, 0])),
        Projection("late", "first", "first", connectivity=Pairs([0, 1], [1, 0]), delay=3),
        Projection("ones", "input", "output", connectivity=OneToOne()),
        Projection("all_back", "first", "output", learning=[rule], reciprocal=True),
        Projection("ones_back", "first", "second", learning=[rule], reciprocal=True, connectivity=OneToOne()),
        Projection(
            "pairs_back", "second", "output", Binary(scale=0.25), [BinaryPropagation(lr=0.05, m=1.35)], True,
            connectivity=Pairs([0, 1], [2, 0]),
        ),
    ]  # fmt: skip
    found = Network(populations, projections)
    (out / "networks").mkdir()
    (out / "networks" / "every_connectivity.json").write_text(found.to_json() + "\n")
    _write(out / "networks" / "learned.json", learned_by(found))


def learned_by(network: Network) -> dict[str, Any]:
    """Learned arrays after some trials of equilibrium propagation on the grid, which are exact."""
    phases = [Phase("free", 6, assign={"s_free": "s"}), Phase("nudged", 3, {"output.beta": 0.5})]
    stimuli = {"input.s": "constant", "output.target": "constant"}
    program = lower(network, Schedule(phases, [Probe("output.s", "end:free")], stimuli), "wake", Grid())
    start = {n: (np.arange(np.prod(v.shape)).reshape(v.shape) - 1) / 8 for n, v in network.learned().items()}
    shown = {"input.s": np.arange(12).reshape(4, 3) / 16, "output.target": np.eye(4, 3)}
    backend, mode = registry.load("reference")
    with backend.compile(program, mode=mode) as session:
        session.write(start)
        session.run(Trials(shown))
        return {n: a.tolist() for n, a in session.read().items()}


def trained(out: Path) -> None:
    """A file of a trained network, its arrays, and the accuracy of a run that starts from it."""
    folder = out / "pretrained"
    folder.mkdir()
    (folder / "from_file.toml").write_text(PRETRAINED)
    scenario = schema.read(folder / "from_file.toml")
    found = scenario.build_network()
    learned = {n: (a * 64).round() / 64 for n, a in scenario.initial_weights(found, SEED).items()}
    pretrained.write(Pretrained(found, learned, {"scenario": "from_file", "seed": SEED}), folder / "trained.h5")
    backend, mode = registry.load("reference")
    result = engine.run(scenario, registry.opener(backend, mode), SEED)
    arrays = {n: [a.sum().item(), list(a.shape)] for n, a in learned.items()}
    digest = pretrained.read(folder / "trained.h5").digest()
    _write(folder / "trained.json", {"digest": digest, "accuracy": result.accuracy, "learned": arrays})


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
