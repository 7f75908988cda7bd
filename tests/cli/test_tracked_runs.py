"""`neurosim run --track`: what TensorBoard gets of a run, read back from its files."""

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from test_mistakes import refused

from neurosim.results.store.reading import read
from neurosim.scenario.listeners.tensorboard import write_kept

proto = pytest.importorskip("tensorboardX.proto.event_pb2")

SCALAR = tuple[str, int]


def records(path: Path) -> Iterator[bytes]:
    """The records of a file: length, checksum of that, content, checksum of that."""
    content = path.read_bytes()
    at = 0
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        yield content[at + 12 : at + 12 + length]
        at += length + 16


def scalars(folder: Path) -> dict[SCALAR, float]:
    """Each scalar by its tag and step."""
    [path] = folder.glob("events.out.tfevents.*")
    found: dict[SCALAR, float] = {}
    for record in records(path):
        event = proto.Event()
        event.ParseFromString(record)
        for value in event.summary.value:
            assert (value.tag, event.step) not in found
            found[value.tag, event.step] = value.simple_value
    return found


FEWER = ("test = 60", "test = 60\ntrain = 60"), ("increment = 2", "increment = 5")


def test_tensorboard_gets_accuracies_spikes_and_seconds_of_each_task(neurosim, tiny) -> None:
    done = json.loads(neurosim("run", tiny(*FEWER), "--track", "board", "--json").out)
    folder = Path(done["run_dir"])
    found, result = scalars(Path("board") / folder.name), read(folder)
    matrix = np.array(done["accuracy_matrix"])
    for task in (1, 2):
        for j in (1, 2):
            assert found[f"accuracy/task_{j}", task] == pytest.approx(matrix[task - 1, j - 1])
        assert found["average_accuracy", task] == pytest.approx(matrix[task - 1, :task].mean())
        [slept] = [s for s in result.stages if s.task == task - 1 and s.kind == "slept"]
        assert found["sleep/spikes", task] == slept.counts["spikes"]
        assert found["seconds/slept", task] == pytest.approx(slept.seconds)
        assert found["seconds/trained", task] > 0
    assert len(found) == 2 * 6


def test_a_kept_run_gives_the_same(neurosim, tiny) -> None:
    folder = Path(json.loads(neurosim("run", tiny(*FEWER), "--track", "board", "--json").out)["run_dir"])
    write_kept(folder, Path("again"))
    assert scalars(Path("again")) == pytest.approx(scalars(Path("board") / folder.name))


def test_runs_side_by_side_have_a_folder_each(neurosim, tiny) -> None:
    done = neurosim("run", tiny(*FEWER), "--track", "board", "--seeds", "0,1", "--jobs", 2, "--json")
    names = {Path(run["run_dir"]).name for run in json.loads(done.out)}
    assert {p.name for p in Path("board").iterdir()} == names
    assert all(len(scalars(Path("board") / name)) == 12 for name in names)


def test_without_the_option_nothing_is_written_or_imported(neurosim, tiny, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    assert neurosim("run", tiny(*FEWER)).code == 0


def test_a_missing_package_is_told_before_anything_runs(neurosim, tiny, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    refused(neurosim("run", tiny(*FEWER), "--track", "board"), "TensorBoard (--track) needs tensorboardX: pip install")
    assert not Path("board").exists()


def test_a_folder_that_cannot_be_made_is_told(neurosim, tiny) -> None:
    Path("board").write_text("a file")
    refused(neurosim("run", tiny(*FEWER), "--track", "board"), "--track board/digits_sleep-reference-numpy-seed0-")
