"""Run directories: what is written comes back, whole or not at all, and nothing is overwritten."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from samples import a_result

from neurosim.errors import InputError
from neurosim.results import store


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    result = a_result()
    again = store.read(store.write(result, "text", tmp_path))
    for name in ("scenario", "seed", "backend", "mode", "kind", "versions", "part", "classes", "samples", "seconds"):
        assert getattr(again, name) == getattr(result, name)
    np.testing.assert_array_equal(again.accuracy_matrix, result.accuracy_matrix)
    for a, b in zip(again.stages, result.stages, strict=True):
        assert (a.task, a.kind, a.ledger, a.trials, a.steps, a.seconds) == (
            b.task, b.kind, b.ledger, b.trials, b.steps, b.seconds,
        )  # fmt: skip
        for name in b.learned:
            np.testing.assert_array_equal(a.learned[name], b.learned[name])
        for name in b.spikes:
            np.testing.assert_array_equal(a.spikes[name].dense(), b.spikes[name].dense())


def test_the_scenario_is_kept_as_it_was_given(tmp_path: Path) -> None:
    folder = store.write(a_result(), "# a comment, kept\n", tmp_path)
    assert (folder / "scenario.toml").read_text() == "# a comment, kept\n"


def test_the_name_says_what_ran(tmp_path: Path) -> None:
    assert store.write(a_result(), "", tmp_path).name.startswith("s-reference-numpy-seed3-")


def test_missing_folders_are_made(tmp_path: Path) -> None:
    assert store.write(a_result(), "", tmp_path / "a" / "b").is_dir()


def test_runs_never_share_a_directory(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: store.write(a_result(), "", tmp_path), range(12)))
    assert len(set(folders)) == 12
    assert sorted(folders) == sorted(tmp_path.iterdir())


def test_an_error_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(store, "_write_arrays", fail)
    with pytest.raises(OSError, match="disk full"):
        store.write(a_result(), "", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"run directory: cannot write to .*file.*choose another with --out"):
        store.write(a_result(), "", tmp_path / "file")


def test_a_killed_writer_leaves_no_run_directory(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        sys.path.insert(0, sys.argv[2])
        from samples import a_result
        from neurosim.results import store
        whole = store._write_arrays
        def slow(result, path):
            whole(result, path)
            print("writing", flush=True)
            time.sleep(60)
        store._write_arrays = slow
        store.write(a_result(), "", Path(sys.argv[1]))
        """
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".partial-")] == []
    assert store.write(a_result(), "", tmp_path).is_dir()


@pytest.mark.parametrize("damage", ["result.json", "arrays.h5"])
def test_an_incomplete_directory_is_refused(tmp_path: Path, damage: str) -> None:
    folder = store.write(a_result(), "", tmp_path)
    (folder / damage).unlink()
    with pytest.raises(InputError, match="is not a run directory"):
        store.read(folder)


def test_another_version_is_refused(tmp_path: Path) -> None:
    folder = store.write(a_result(), "", tmp_path)
    document = json.loads((folder / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps({**document, "neurosim_run": 99}))
    with pytest.raises(InputError, match="a run of format 99; this neurosim reads format 1"):
        store.read(folder)
