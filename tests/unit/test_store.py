"""Run directories: what is kept comes back, is whole or not there, and nothing is overwritten."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from samples import a_result

from neurosim.edges import atomic
from neurosim.errors import InputError
from neurosim.results import store
from neurosim.results.checkpoint import Checkpoint, Origin
from neurosim.results.result import Result, Stage, StageKind
from neurosim.results.store import (
    FORMAT,
    Identity,
    RunDirectory,
    check_same,
    checksummed,
    phases,
)

VERSIONS = {"neurosim": "0", "numpy": "0"}
IDENTITY = Identity("s", 3, "reference", "numpy", "test", (2, 1, 1), VERSIONS, "digest")
ORIGIN = Origin("reference", "numpy", "reference", VERSIONS)
TEXTS = {"scenario.toml": "# a comment, kept\n"}


def begun(out: Path) -> RunDirectory:
    return RunDirectory.create(out, IDENTITY, TEXTS)


def checkpoints(result: Result) -> list[Checkpoint]:
    """The stages of a result, and behind them the tests that its accuracies are of."""
    tests = Stage(0, StageKind.TESTED, result.stages[-1].learned, {}, (), 4, 8, 0.1)
    all_phases = [Checkpoint(s) for s in result.stages]
    all_phases += [Checkpoint(tests, tuple(row), ORIGIN) for row in result.accuracy_matrix.tolist()]
    return [replace(c, elapsed=float(i)) for i, c in enumerate(all_phases)]


def kept(out: Path, result: Result) -> Path:
    with begun(out) as directory:
        for checkpoint in checkpoints(result):
            directory.keep(checkpoint, {})
        directory.finish(result)
    return directory.path


def assert_same(a: Stage, b: Stage) -> None:
    plain = ("task", "kind", "ledger", "trials", "steps", "seconds", "counts")
    assert [getattr(a, n) for n in plain] == [getattr(b, n) for n in plain]
    for name in b.learned:
        np.testing.assert_array_equal(a.learned[name], b.learned[name])
    for name in b.spikes:
        np.testing.assert_array_equal(a.spikes[name].dense(), b.spikes[name].dense())


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    result = a_result()
    again = store.read(kept(tmp_path, result))
    for name in ("scenario", "seed", "backend", "mode", "kind", "versions", "part", "classes", "samples", "seconds"):
        assert getattr(again, name) == getattr(result, name)
    np.testing.assert_array_equal(again.accuracy_matrix, result.accuracy_matrix)
    for a, b in zip(again.stages, result.stages, strict=True):
        assert_same(a, b)


def test_a_phase_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    with begun(tmp_path) as directory:
        shutil.rmtree(directory.path / "phases")
        with pytest.raises(InputError, match="cannot be written"):
            directory.keep(checkpoints(a_result())[0], {})


def test_the_phases_of_a_run_come_back_as_they_were(tmp_path: Path) -> None:
    written = checkpoints(a_result())
    state = {"importance.w": np.arange(6.0).reshape(2, 3), "classes": np.array([1, 2]), "none": np.zeros((0, 3))}
    with begun(tmp_path) as directory:
        for checkpoint in written:
            directory.keep(checkpoint, state)
    with RunDirectory.open(directory.path) as directory:
        assert directory.identity == IDENTITY
        again, state_again = directory.restored()
    assert len(again) == len(written)
    for a, b in zip(again, written, strict=True):
        assert (a.accuracies, a.origin, a.elapsed) == (b.accuracies, b.origin, b.elapsed)
        assert_same(a.stage, b.stage)
    assert set(state_again) == set(state)
    for name, array in state.items():
        np.testing.assert_array_equal(state_again[name], array)
        assert state_again[name].dtype == array.dtype


def test_a_run_that_has_just_begun_has_no_phases(tmp_path: Path) -> None:
    with begun(tmp_path) as directory:
        pass
    with RunDirectory.open(directory.path) as directory:
        assert directory.restored() == ([], {})
        assert not directory.has_phases


def test_two_states_of_the_method_are_kept(tmp_path: Path) -> None:
    trained = checkpoints(a_result())[0]
    with begun(tmp_path) as directory:
        for k in range(4):
            directory.keep(trained, {"k": np.array([k])})
    assert len(list(directory.path.glob("method/*"))) == 2


def test_the_same_run_leaves_the_same_bytes(tmp_path: Path) -> None:
    a, b = (kept(tmp_path, replace(a_result(), seconds=s)) for s in (1.0, 2.0))
    names = sorted(str(p.relative_to(a)) for p in a.rglob("*") if p.is_file())
    assert names == sorted(str(p.relative_to(b)) for p in b.rglob("*") if p.is_file())
    assert [n for n in names if (a / n).read_bytes() != (b / n).read_bytes()] == ["events.jsonl"]


def test_the_arrays_of_all_stages_are_in_one_file_also_after_a_move(tmp_path: Path) -> None:
    folder = Path(shutil.move(kept(tmp_path, a_result()), tmp_path / "moved"))
    with h5py.File(folder / "arrays.h5") as file:
        assert sorted(file) == ["stage_0", "stage_1"]
        np.testing.assert_array_equal(file["stage_1/learned/p.w"], a_result().stages[1].learned["p.w"])
        assert file["stage_1/spikes/hidden.spike@step"].attrs["units"] == 3


def test_accuracies_and_metrics_grow_with_the_tasks(tmp_path: Path) -> None:
    result = a_result()
    with begun(tmp_path) as directory:
        for checkpoint in checkpoints(result)[:4]:
            directory.keep(checkpoint, {})
    rows = (directory.path / "accuracy_matrix.csv").read_text().splitlines()
    assert rows == ["after_task,task_1,task_2,task_3", "1,0.9,0.0,0.0", "2,0.5,0.8,0.0"]
    lines = [json.loads(line) for line in (directory.path / "metrics.jsonl").read_text().splitlines()]
    assert [line["task"] for line in lines] == [0, 1]
    assert lines[1]["accuracies"] == [0.5, 0.8]
    assert lines[1]["average_accuracy"] == pytest.approx(0.65)
    assert lines[1]["forgetting"] == pytest.approx(0.4)


def test_the_scenario_is_kept_as_it_was_given(tmp_path: Path) -> None:
    with begun(tmp_path) as directory:
        assert directory.text("scenario.toml") == "# a comment, kept\n"
    assert (directory.path / "scenario.toml").read_text() == "# a comment, kept\n"


def test_the_name_says_what_runs(tmp_path: Path) -> None:
    assert begun(tmp_path).path.name.startswith("s-reference-numpy-seed3-")


def test_missing_folders_are_made(tmp_path: Path) -> None:
    assert begun(tmp_path / "a" / "b").path.is_dir()


def test_runs_never_share_a_directory(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: begun(tmp_path).path, range(12)))
    assert len(set(folders)) == 12
    assert sorted(folders) == sorted(tmp_path.iterdir())


def test_a_discarded_run_leaves_nothing(tmp_path: Path) -> None:
    with begun(tmp_path / "runs") as directory:
        directory.discard()
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_a_directory_is_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checksummed, "write_json", fail)
    with pytest.raises(InputError, match="No space left on device"):
        begun(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    atomic.write(tmp_path / "file", b"before")
    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        atomic.write(tmp_path / "file", b"after")
    assert (tmp_path / "file").read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"run directory: cannot write to .*file.*choose another with --out"):
        begun(tmp_path / "file")


def test_a_run_that_is_not_finished_has_no_result(tmp_path: Path) -> None:
    with begun(tmp_path) as directory:
        pass
    with pytest.raises(InputError, match="is not finished; go on with: neurosim resume"):
        store.read(directory.path)


@pytest.mark.parametrize("damage", ["result.json", "phases/0001-task0-slept.h5"])
def test_a_damaged_result_is_refused(tmp_path: Path, damage: str) -> None:
    folder = kept(tmp_path, a_result())
    content = bytearray((folder / damage).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / damage).write_bytes(content)
    with pytest.raises(InputError, match=f"{damage}: .*neurosim resume"):
        store.read(folder)


@pytest.mark.parametrize("reader", [store.read, RunDirectory.open])
def test_what_is_no_run_directory_is_refused(tmp_path: Path, reader) -> None:
    with pytest.raises(InputError, match=r"is not a run directory: it has no run\.json"):
        reader(tmp_path)


def test_another_format_is_refused(tmp_path: Path) -> None:
    folder = kept(tmp_path, a_result())
    document, _ = checksummed.read_json(folder / "run.json")
    checksummed.write_json(folder / "run.json", {**document, "neurosim_run": 99})
    with pytest.raises(InputError, match="a run of format 99; this neurosim reads format 2"):
        store.read(folder)


def test_a_run_names_its_wiring_where_it_has_any(tmp_path: Path) -> None:
    wired = replace(IDENTITY, wirings={"p": "digest of p", "q": "digest of q"})
    for identity, names in ((IDENTITY, False), (wired, True)):
        with RunDirectory.create(tmp_path, identity, TEXTS) as directory:
            document, _ = checksummed.read_json(directory.path / "run.json")
        assert ("wirings" in document) == names
        with RunDirectory.open(directory.path) as directory:
            assert directory.identity == identity


@pytest.mark.parametrize(("p", "q", "named"), [("new", "1", "p"), ("1", None, "q"), (None, "new", "p, q")])
def test_a_run_goes_on_only_where_its_wiring_is_the_same(p: str | None, q: str | None, named: str) -> None:
    was = replace(IDENTITY, wirings={"p": "1", "q": "1"})
    now = replace(IDENTITY, wirings={n: d for n, d in (("p", p), ("q", q)) if d is not None})
    check_same(was, was, "DIR")
    check_same(IDENTITY, now, "DIR")  # as neurosim 0.1 began it
    with pytest.raises(InputError, match=f"DIR: the wiring of projection {named} has changed since the run began; go"):
        check_same(was, now, "DIR")


def test_a_run_names_its_fixed_arrays_where_it_has_any(tmp_path: Path) -> None:
    for identity in (IDENTITY, replace(IDENTITY, fixed="digest")):
        with RunDirectory.create(tmp_path, identity, TEXTS) as directory:
            document, _ = checksummed.read_json(directory.path / "run.json")
        assert document.get("fixed", "") == identity.fixed
        assert ("fixed" in document) == bool(identity.fixed)
        with RunDirectory.open(directory.path) as directory:
            assert directory.identity == identity


@pytest.mark.parametrize(
    ("now", "text"),
    [
        (replace(IDENTITY, fixed="other"), "fixed parameters or initial values have changed since the run began"),
        (replace(IDENTITY, versions={**VERSIONS, "numpy": "1"}), "begun with numpy 0, but here is numpy 1; install"),
        (replace(IDENTITY, versions={"neurosim": "0"}), "begun with numpy 0, but here is numpy absent"),
        (replace(IDENTITY, data="other"), "the data set has changed since the run began"),
        (replace(IDENTITY, pretrained=("a.h5", "b")), r"the file of \[pretraining\] has changed"),
    ],
)
def test_a_run_goes_on_only_where_all_is_the_same(now: Identity, text: str) -> None:
    check_same(IDENTITY, IDENTITY, "DIR")
    with pytest.raises(InputError, match=f"DIR: {text}"):
        check_same(IDENTITY, now, "DIR")


# what is no file, and forged seals


@pytest.mark.parametrize("name", ["scenario.toml", "phases/0000-task0-trained.h5", "events.jsonl"])
@pytest.mark.timeout(60)
def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    run = kept(tmp_path, a_result())
    (run / name).unlink()
    os.mkfifo(run / name)
    with pytest.raises(InputError, match="it is a named pipe, expected a regular file"):
        RunDirectory.open(run).__exit__()


def _forged(path: Path, **changed: object) -> None:
    """Other contents under a seal of their own."""
    document = json.loads(path.read_text())
    del document["sha256"]
    checksummed.write_json(path, {**document, **changed})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"seed": "3"}, "not what a run is of: ValueError: seed: input should be a valid integer"),
        ({"samples": 3}, "not what a run is of: ValueError: samples: input should be a valid array"),
        ({"files": [1]}, "not what a run is of: AttributeError"),
        ({"neurosim_run": [FORMAT]}, rf"a run of format \[{FORMAT}\]; this neurosim reads format {FORMAT}"),
    ],
)
def test_a_forged_run_json_is_refused(tmp_path: Path, changed: dict[str, object], message: str) -> None:
    run = kept(tmp_path, a_result())
    _forged(run / "run.json", **changed)
    with pytest.raises(InputError, match=message):
        RunDirectory.open(run)


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"trials": "many"}, "it does not describe a phase"),
        ({"accuracies": [1.5]}, "it does not describe a phase"),
        ({"more": 1}, "it does not describe a phase"),
    ],
)
def test_a_forged_phase_is_damaged(tmp_path: Path, about: dict[str, object], message: str) -> None:
    run = kept(tmp_path, a_result())
    path = sorted((run / "phases").iterdir())[-1]

    def forged(file: Any) -> None:
        with checksummed.open_hdf5(path) as (was, _):
            for name in was:
                was.copy(name, file)
            file.attrs["about"] = json.dumps({**json.loads(was.attrs["about"]), **about})

    checksummed.write_hdf5(path, forged)
    with RunDirectory.open(run) as directory:
        assert directory.notes == [f"phases/{path.name}: {message}"]


def test_learned_values_that_are_not_finite_are_damaged(tmp_path: Path) -> None:
    run = kept(tmp_path, a_result())
    path = sorted((run / "phases").iterdir())[-1]
    phase = phases.read(run, f"phases/{path.name}")
    stage = replace(phase.checkpoint.stage, learned={"p.w": np.full((2, 2), np.nan)})
    phases.write(run, phases.number_of(path.name), replace(phase.checkpoint, stage=stage), phase.before, phase.method)
    with RunDirectory.open(run) as directory:
        assert directory.notes == [f"phases/{path.name}: 'p.w' has values that are not finite"]


def test_times_that_are_none_count_as_0(tmp_path: Path) -> None:
    run = kept(tmp_path, a_result())
    lines = ["{" * 60_000, '{"event": "phase", "number": 0, "seconds": "x", "elapsed": NaN}', "[1]"]
    (run / "events.jsonl").write_text("\n".join(lines) + "\n")
    again = store.read(run)
    assert [s.seconds for s in again.stages] == [0.0] * len(again.stages)
    assert again.seconds == 0.0
