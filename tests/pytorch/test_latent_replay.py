"""Compressed latent replay on real digits: what is remembered, what stays frozen, and the same on every backend."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: make test-torch")

from typer.testing import CliRunner

from neurosim.backend import registry
from neurosim.cli import app
from neurosim.results.result import Result
from neurosim.scenario import engine, schema
from neurosim.scenario.listeners.events import RunPhase
from neurosim.scenario.methods.latent_replay import LatentReplay
from neurosim.scenario.preparation import prepare
from neurosim.scenario.run_state import RunState

SCENARIO = """
[scenario]
name = "digits_latent"
precision = { format = "grid" }
tier = "T0"
[data]
name = "digits"
test = 200
train = 500
[stream]
kind = "class-incremental"
initial_increment = 6
increment = 2
[network.population]
input = { size = 64, wake = { model = "Clamp" } }
hidden = { size = 40, wake = { model = "LIF" } }
late = { size = 20, wake = { model = "LIF" } }
readout = { size = 10, wake = { model = "LeakyReadout" } }
[network.projection]
first = { pre = "input", post = "hidden", initial = { scale = 0.5 } }
second = { pre = "hidden", post = "late" }
lateral = { pre = "late", post = "late", delay = 2, initial = { scale = 0.3 } }
third = { pre = "late", post = "readout", initial = { scale = 0.3 } }
[pretraining]
input = "input"
output = "readout"
steps = 12
over = "max"
lr = 0.01
epochs = 8
batch = 32
[training]
method = "latent-replay"
input = "input"
output = "readout"
steps = 12
over = "max"
lr = 0.005
epochs = 12
batch = 32
insertion = "hidden"
window = 3
samples = 200
redraw = 0.003
"""
FRONT, BEHIND = {"first.w", "hidden.bias"}, {"second.w", "lateral.w", "late.bias", "third.w"}


@functools.cache
def ran(*changes: tuple[str, str], backend: str = "reference", seed: int = 0) -> Result:
    return engine.run(scenario(*changes), compiler(backend), seed=seed, data=data())


def scenario(*changes: tuple[str, str]) -> schema.Scenario:
    text = SCENARIO
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return schema.parse(text)


@functools.cache
def data():
    return scenario().data.build()


def compiler(backend: str = "reference"):
    loaded, mode = registry.load(backend)
    return functools.partial(loaded.compile, mode=mode)


def trained(result: Result):
    return [s for s in result.stages if s.kind == "trained"]


def test_with_replay_less_is_forgotten() -> None:
    """In the mean of four seeds: how the processor adds up changes a single run by a tenth and more."""
    replayed = [ran(seed=seed) for seed in range(4)]
    forgetful = [ran(("samples = 200", "samples = 0"), seed=seed) for seed in range(4)]
    for with_replay, without in zip(replayed, forgetful, strict=True):
        assert with_replay.accuracy_matrix[0, 0] == without.accuracy_matrix[0, 0]
        assert without.accuracy < 0.3 < with_replay.accuracy
    matrix, forgotten = (np.mean([r.accuracy_matrix for r in runs], axis=0) for runs in (replayed, forgetful))
    assert np.mean([r.accuracy for r in replayed]) > np.mean([r.accuracy for r in forgetful]) + 0.25
    assert matrix[0, 0] > 0.85
    assert matrix[2, 0] > forgotten[2, 0] + 0.3
    assert matrix[2, 2] > 0.5


def test_what_is_in_front_of_the_insertion_stays_and_what_is_behind_moves() -> None:
    first, *later = trained(ran())
    for stage in later:
        for name, array in stage.learned.items():
            same = np.array_equal(array, first.learned[name]) or name in ran_on_grid(first.learned, stage.learned)
            assert same == (name in FRONT), name


def ran_on_grid(before: dict, after: dict) -> set[str]:
    """What differs only in that it was rounded to the grid, as every array is before it runs."""
    return {n for n in before if np.abs(before[n] - after[n]).max() <= 2.0**-25}


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    again = engine.run(scenario(), compiler(), data=data())
    other = engine.run(scenario(), compiler(), seed=1, data=data())
    last, same, different = (r.stages[-1].learned["third.w"] for r in (ran(), again, other))
    np.testing.assert_array_equal(same, last)
    assert not np.array_equal(different, last)


# the memory


def test_its_bits_are_counted_and_its_capacity_shared_equally() -> None:
    """200 places: 33 for each of 6 classes, 25 for each of 8, 20 for each of 10; 4 windows of 40 units."""
    _, second, third = trained(ran())
    assert (second.memory_bits, third.memory_bits) == (25 * 8 * 4 * 40, 20 * 10 * 4 * 40)
    assert third.raw_bits == 200 * 64 * 64
    new = [len(t.train) for t in scenario().stream.build(data())[1:]]
    assert [s.trials for s in (second, third)] == [(new[0] + 6 * 33) * 12, (new[1] + 8 * 25) * 12]


@pytest.mark.parametrize(("capacity", "bits"), [("bits = 32000", 32_000), ("bits = 31999", 190 * 160)])
def test_the_capacity_can_be_given_in_bits(capacity: str, bits: int) -> None:
    assert trained(ran(("samples = 200", capacity), ("epochs = 12", "epochs = 1")))[-1].memory_bits == bits


def run_of(described: schema.Scenario) -> RunState:
    run_state = prepare(described, data()).begin(0)
    run_state.sessions["wake"] = compiler()(run_state.programs["wake"])
    return run_state


def test_it_holds_training_samples_of_each_class_and_goes_on_from_what_is_kept() -> None:
    described = scenario(("epochs = 12", "epochs = 1"), ("window = 3", "window = 1"))
    run_state, restored = run_of(described), run_of(described)
    method = LatentReplay(described.training, described)
    method.train(run_state, run_state.tasks[1])
    restored.learned = {n: a.copy() for n, a in run_state.learned.items()}
    restored.kept = {n: a.copy() for n, a in run_state.kept.items()}
    assert np.bincount(restored.kept["labels"], minlength=10).tolist() == [25] * 8 + [0, 0]
    assert np.array_equal(restored.kept["tasks"], (restored.kept["labels"] >= 6).astype(int))
    for run in (run_state, restored):
        method.train(run, run.tasks[2])
    for name in run_state.learned:
        np.testing.assert_array_equal(run_state.learned[name], restored.learned[name])
    for name, array in run_state.kept.items():
        np.testing.assert_array_equal(array, restored.kept[name])


def test_what_is_kept_are_spikes_of_training_samples_and_of_no_others() -> None:
    described = scenario(("epochs = 12", "epochs = 1"), ("window = 3", "window = 1"))
    run_state = run_of(described)
    method = LatentReplay(described.training, described)
    method.train(run_state, run_state.tasks[1])
    packed, labels = run_state.kept["packed"], run_state.kept["labels"]
    kept = np.unpackbits(packed, axis=1).reshape(-1, 12, 40).astype(bool)
    seen = np.concatenate([t.train for t in run_state.tasks[:2]])
    trials = method.trials(run_state, run_state.tasks[0].shows(seen))[0]
    spikes = run_state.run("wake", trials, {}, False, RunPhase.TEST, run_state.tasks[0])[0]["hidden.spike@step"].dense()
    of_training = {(int(run_state.data.labels[s]), z.tobytes()) for s, z in zip(seen, spikes, strict=True)}
    assert all((int(c), z.tobytes()) in of_training for c, z in zip(labels, kept, strict=True))


def test_a_batch_never_mixes_new_samples_with_replayed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    from neurosim_torch.training import fit

    batches = []

    def watched(*arguments):
        found = real(*arguments)
        batches.append([(int(b.min()), int(b.max()), len(b)) for b in found])
        return found

    real = fit._batches
    monkeypatch.setattr(fit, "_batches", watched)
    described = scenario(("epochs = 12", "epochs = 1"))
    run_state = run_of(described)
    LatentReplay(described.training, described).train(run_state, run_state.tasks[1])
    new = len(run_state.tasks[1].train)
    assert [size for _, _, size in batches[0]] == [32, 32, 32, new - 96, *[32] * 6, 6]
    assert [first < new for first, _, _ in batches[0]] == [True] * 4 + [False] * 7
    assert all((last < new) == (first < new) for first, last, _ in batches[0])


@pytest.mark.parametrize("pooling", ["or", "count"])
def test_a_whole_trial_as_one_window_still_remembers(pooling: str) -> None:
    result = ran(("window = 3", f"window = 12\npooling = '{pooling}'"))
    assert trained(result)[-1].memory_bits == 200 * 40 * (1 if pooling == "or" else 4)
    assert result.accuracy_matrix[2, 0] > 0.3


def test_weights_to_new_outputs_are_drawn_anew() -> None:
    """With a tiny step size, what training does to them is less than how they are drawn."""
    result = ran(("lr = 0.005", "lr = 1e-9"), ("epochs = 12", "epochs = 1"))
    before, after = (trained(result)[i].learned["third.w"] for i in (0, 1))
    np.testing.assert_allclose(after[:, [0, 1, 2, 3, 4, 5, 8, 9]], before[:, [0, 1, 2, 3, 4, 5, 8, 9]], atol=1e-6)
    assert 0.0015 < after[:, 6:8].std() < 0.006
    assert abs(after[:, 6:8].mean() - 0.003) < 0.002


# from the command line


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s.toml"
    path.write_text(re.sub(r"epochs = \d+", "epochs = 2", SCENARIO).replace("train = 500", "train = 300"))
    return path


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def test_every_backend_learns_the_same_weights_and_spikes(file: Path) -> None:
    compared = json.loads(invoke("compare", file, "--backends", "reference,nengo:fused,torch", "--json").stdout)
    assert [row["tier"] for row in compared["backends"]] == ["T0"] * 3


def test_a_run_tells_what_is_kept(file: Path, tmp_path: Path) -> None:
    printed = invoke("run", file, "--out", tmp_path / "runs").stdout
    assert "replay buffer 32 kbit, 1/25.6 of the samples themselves" in printed
    told = json.loads(invoke("run", file, "--out", tmp_path / "runs", "--json").stdout)
    assert (told["buffer_bits"], told["raw_bits"]) == (32_000, 819_200)
