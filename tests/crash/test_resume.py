"""What was interrupted goes on, and ends as if it had not been; what was damaged is found, and is said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_run import PHASES, contents, scenario_text

import neurosim as package
from neurosim.backend import registry
from neurosim.errors import SpecError
from neurosim.model.network import Network
from neurosim.program.trial.stimuli import Rows
from neurosim.results import store
from neurosim.results.store import RunDirectory
from neurosim.scenario import datasets, schema
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.schema import network

Interrupted = Callable[..., Path]


def refused(done: object, *texts: str) -> None:
    code, out, err = (getattr(done, n) for n in ("code", "out", "err"))
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1, "one paragraph"
    for text in texts:
        assert text in err


def phase(run: Path, number: int) -> Path:
    return next(run.glob(f"phases/{number:04d}-*"))


def alter(path: Path, position: int = -1) -> None:
    """Change a byte."""
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


# going on


@pytest.mark.parametrize("phases", range(1, PHASES + 1))
def test_a_resumed_run_leaves_the_same_bytes_as_an_uninterrupted_one(neurosim, whole, interrupted, phases: int) -> None:
    run = interrupted(phases)
    done = neurosim("resume", run)
    assert (done.code, done.err) == (0, "")
    assert contents(run) == whole


def test_resume_prints_what_run_prints(neurosim, scenario: Path, interrupted: Interrupted) -> None:
    told = json.loads(neurosim("run", scenario, "--json").out)
    again = json.loads(neurosim("resume", interrupted(3), "--json").out)
    changing = {"run_dir", "peak_memory"}
    assert {n: v for n, v in again.items() if n not in changing} == {n: v for n, v in told.items() if n not in changing}


def test_ctrl_c_ends_with_code_130_and_says_how_to_go_on(neurosim, scenario: Path, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(RunDirectory, "keep", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        done = neurosim("run", scenario)
    run = next(Path("runs").iterdir())
    assert (done.code, done.out) == (130, "")
    assert done.err == f"interrupted; go on with: neurosim resume {run}\n"
    assert neurosim("resume", run).code == 0


def test_phases_that_are_done_are_not_run_again(neurosim, interrupted: Interrupted, monkeypatch) -> None:
    run = interrupted(4)
    numbers = []
    kept = RunDirectory.keep
    monkeypatch.setattr(RunDirectory, "keep", lambda self, c, s: numbers.append(c.stage.kind) or kept(self, c, s))
    assert neurosim("resume", run).code == 0
    assert numbers == ["slept", "tested"]


def test_a_finished_run_compiles_nothing_and_gets_its_tables_back(neurosim, whole, scenario, monkeypatch) -> None:
    assert neurosim("run", scenario).code == 0
    run = next(Path("runs").iterdir())
    for name in ("result.json", "arrays.h5", "metrics.jsonl", "accuracy_matrix.csv"):
        alter(run / name)
    monkeypatch.setattr("neurosim.backend.reference.ReferenceBackend.compile", lambda *_, **__: pytest.fail("compiled"))
    assert neurosim("resume", run).code == 0
    assert contents(run) == whole


def test_seconds_add_up_over_processes(neurosim, interrupted: Interrupted) -> None:
    run = interrupted(3)
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    before = max(e["elapsed"] for e in events if e["event"] == "phase")
    assert neurosim("resume", run).code == 0
    assert store.read(run).seconds > before
    assert all(s.seconds > 0 for s in store.read(run).stages)


# damage


def test_an_altered_phase_is_found_and_made_anew_from_the_one_before(neurosim, whole, interrupted) -> None:
    run = interrupted(4)
    alter(phase(run, 3))
    done = neurosim("resume", run)
    assert done.code == 0
    assert f"damaged: {phase(run, 3).relative_to(run)}: its checksum is not that of its contents" in done.err
    assert contents(run) == whole


@pytest.mark.parametrize("length", [0, 100, 600, -1])
def test_a_torn_phase_is_found_and_made_anew(neurosim, whole, interrupted, length: int) -> None:
    run = interrupted(4)
    path = phase(run, 3)
    path.write_bytes(path.read_bytes()[:length])
    done = neurosim("resume", run)
    assert done.code == 0
    assert "damaged: phases/0003-" in done.err
    assert contents(run) == whole


def test_a_missing_phase_is_found_and_made_anew(neurosim, whole, interrupted: Interrupted) -> None:
    run = interrupted(4)
    phase(run, 2).unlink()
    assert "damaged: phases/0002-*.h5: it is missing" in neurosim("resume", run).err
    assert contents(run) == whole


def test_an_altered_byte_anywhere_in_a_phase_is_found(neurosim, interrupted: Interrupted) -> None:
    run = interrupted(2)
    path = phase(run, 1)
    content = path.read_bytes()
    for position in range(0, len(content), len(content) // 40):
        path.write_bytes(content)
        alter(path, position)
        with RunDirectory.open(run) as directory:
            assert len(directory.notes) == 1


def test_a_phase_of_another_run_is_found(neurosim, scenario: Path, interrupted: Interrupted) -> None:
    run = interrupted(2)
    assert neurosim("run", scenario, "--seed", 1, "--out", "other").code == 0
    other = next(Path("other").iterdir())
    phase(run, 1).write_bytes(phase(other, 1).read_bytes())
    assert "damaged: phases/0001-task0-slept.h5: it does not follow the phase before it" in neurosim("resume", run).err


def test_a_run_without_a_phase_that_is_whole_is_refused(neurosim, interrupted: Interrupted) -> None:
    run = interrupted(2)
    for number in (0, 1):
        alter(phase(run, number))
    refused(neurosim("resume", run), str(run), "no phase is whole", "phases/0000-task0-trained.h5", "anew")
    assert phase(run, 0).is_file()


@pytest.mark.parametrize("name", ["run.json", "scenario.toml", "resolved.json", "indices.json"])
def test_what_a_run_started_from_must_be_as_it_was(neurosim, interrupted: Interrupted, name: str) -> None:
    run = interrupted(2)
    alter(run / name)
    refused(neurosim("resume", run), f"{run}/{name}", "bring the file back as it was")


def test_events_tell_of_a_resumption(neurosim, interrupted: Interrupted) -> None:
    run = interrupted(2)
    alter(phase(run, 1))
    assert neurosim("resume", run).code == 0
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    [resumed] = [e for e in events if e["event"] == "resumed"]
    assert resumed["after"] == 1
    assert resumed["damaged"] == ["phases/0001-task0-slept.h5: its checksum is not that of its contents"]
    assert [e["event"] for e in events if e["event"] != "phase"] == ["begun", "interrupted", "resumed", "finished"]


def test_a_torn_last_event_goes_away(neurosim, interrupted: Interrupted) -> None:
    run = interrupted(2)
    with open(run / "events.jsonl", "a") as file:
        file.write('{"time": "20')
    assert neurosim("resume", run).code == 0
    assert all(json.loads(line) for line in (run / "events.jsonl").read_text().splitlines())


# what must be the same


def test_a_second_process_is_refused_and_the_first_goes_on(neurosim, whole, interrupted: Interrupted) -> None:
    run = interrupted(2)
    with RunDirectory.open(run):
        refused(neurosim("resume", run), str(run), "another process is working on this run")
    assert neurosim("resume", run).code == 0
    assert contents(run) == whole


def test_other_versions_are_refused_by_name(neurosim, interrupted: Interrupted, monkeypatch) -> None:
    run = interrupted(2)
    now = registry.load("reference")[0].versions()
    monkeypatch.setattr("neurosim.backend.reference.ReferenceBackend.versions", lambda _: {**now, "neurosim": "99.0"})
    refused(neurosim("resume", run), f"begun with neurosim {package.__version__}, but here is neurosim 99.0")


def test_changed_data_are_refused(neurosim, interrupted: Interrupted, monkeypatch) -> None:
    run = interrupted(2)
    load = datasets.load

    def changed(*a: object, **k: object) -> object:
        data = load(*a, **k)
        inputs = data.inputs.copy()
        inputs[-1, -1] += 0.5
        return type(data)(data.name, inputs, data.labels, data.train, data.validation, data.test)

    monkeypatch.setattr(datasets, "load", changed)
    refused(neurosim("resume", run), str(run), "the data set has changed since the run began")


def as_bytes(load: Callable[..., Dataset], *, table: float = 16.0, pixel: int = 0) -> Callable[..., Dataset]:
    """Digits as whole numbers, what each stands for, and the last pixel of all another one."""

    def loaded(*a: object, **k: object) -> Dataset:
        data = load(*a, **k)
        stored = (data.array * 16).astype(np.uint8)
        stored[-1, -1] += pixel
        return replace(data, inputs=Rows(stored, table=np.arange(256) / table))

    return loaded


def test_a_run_on_data_kept_as_bytes_goes_on_to_the_same_bytes(
    neurosim, scenario: Path, interrupted: Interrupted, monkeypatch
) -> None:
    monkeypatch.setattr(datasets, "load", as_bytes(datasets.load))
    run = interrupted(3)
    assert neurosim("resume", run).code == 0
    assert neurosim("run", scenario, "--out", "whole").code == 0
    assert contents(run) == contents(next(Path("whole").iterdir()))


@pytest.mark.parametrize("changed", [{"table": 15.0}, {"pixel": 1}], ids=str)
def test_other_bytes_and_another_table_are_refused(neurosim, interrupted: Interrupted, monkeypatch, changed) -> None:
    load = datasets.load
    monkeypatch.setattr(datasets, "load", as_bytes(load))
    run = interrupted(2)
    monkeypatch.setattr(datasets, "load", as_bytes(load, **changed))
    refused(neurosim("resume", run), str(run), "the data set has changed since the run began")


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    """A scenario with random wiring."""
    path, before = tmp_path / "sparse.toml", "[network.projection.input_hidden]\n"
    assert before in scenario_text()
    wiring = 'connectivity = { kind = "fixed-in-degree", in_degree = 5 }\n'
    path.write_text(scenario_text().replace(before, before + wiring))
    return path


def test_a_run_on_other_wiring_is_refused_by_the_name_of_its_projection(
    neurosim, sparse: Path, interrupted: Interrupted, monkeypatch
) -> None:
    run = interrupted(2, sparse)
    drawn = network.fixed_in_degree
    monkeypatch.setattr(network, "fixed_in_degree", lambda seed, *sizes: drawn(seed + 1, *sizes))
    before = contents(run)
    text = f"{run}: the wiring of projection input_hidden has changed since the run began; go on with the neurosim"
    refused(neurosim("resume", run), text)
    assert contents(run) == before


def test_a_run_with_wiring_goes_on_to_the_same_bytes(neurosim, sparse: Path, interrupted: Interrupted) -> None:
    run = interrupted(2, sparse)
    [digest] = json.loads((run / "run.json").read_text())["wirings"].values()
    assert digest == network.fixed_in_degree(0, "input_hidden", 64, 4, 5).wiring.digest
    assert neurosim("resume", run).code == 0
    assert neurosim("run", sparse, "--out", "whole").code == 0
    assert contents(run) == contents(next(Path("whole").iterdir()))


def test_a_run_without_wiring_says_nothing_of_it(neurosim, interrupted: Interrupted) -> None:
    assert "wirings" not in json.loads((interrupted(1) / "run.json").read_text())


def test_a_run_with_other_fixed_parameters_is_refused(neurosim, interrupted: Interrupted, monkeypatch) -> None:
    build = schema.Scenario.build_network

    def with_eps(eps: float) -> None:
        """Neurons of the population `output` then have values of their own."""

        def built(scenario: schema.Scenario) -> Network:
            found = build(scenario)
            own = [
                replace(p, parameters={"eps": [eps] * p.size}) if p.name == "output" else p for p in found.populations
            ]
            return Network(own, found.projections)

        monkeypatch.setattr(schema.Scenario, "build_network", built)

    with_eps(0.5)
    run = interrupted(2)
    assert len(json.loads((run / "run.json").read_text())["fixed"]) == 64
    with_eps(0.25)
    refused(neurosim("resume", run), f"{run}: fixed parameters or initial values have changed since the run began")
    with_eps(0.5)
    assert neurosim("resume", run).code == 0


def test_a_data_set_that_cannot_be_read_is_one_error_and_loses_nothing(
    neurosim, whole, interrupted, monkeypatch
) -> None:
    run = interrupted(2)

    def unreadable(**_: object) -> None:
        raise SpecError("digits.csv.gz: cannot be read: Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(datasets, "load", unreadable)
        refused(neurosim("resume", run), f"{run}: digits.csv.gz: cannot be read")
    assert neurosim("resume", run).code == 0
    assert contents(run) == whole


@pytest.mark.parametrize("what", ["nowhere", "file.txt", "."])
def test_what_is_no_run_directory_is_refused(neurosim, tmp_path: Path, what: str) -> None:
    (tmp_path / "file.txt").write_text("")
    refused(neurosim("resume", what), "is not a run directory")


# real processes

KILLED_AFTER = """
import os, signal, sys
from neurosim.results.store import RunDirectory
kept = RunDirectory.keep
def keep(self, *left):
    kept(self, *left)
    if len(list(self.path.glob("phases/*.h5"))) == int(sys.argv.pop()):
        os.kill(os.getpid(), signal.SIGKILL)
    sys.argv.append(LAST)
LAST = sys.argv[-1]
RunDirectory.keep = keep
from neurosim.cli import app
app(sys.argv[1:-1])
"""


def shell(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize(
    ("backend", "needs"), [("brian2:numpy", "brian2"), ("nengo:fused", "nengo"), ("lava:fused", "lava")]
)
def test_a_killed_run_on_a_backend_goes_on(neurosim, scenario: Path, backend: str, needs: str) -> None:
    pytest.importorskip(needs)
    assert neurosim("run", scenario, "--backend", backend, "--out", "whole").code == 0
    done = shell(KILLED_AFTER, "run", scenario, "--backend", backend, "--out", "killed", 4)
    assert done.returncode == -signal.SIGKILL
    run = next(Path("killed").iterdir())
    assert neurosim("resume", run).code == 0
    assert contents(run) == contents(next(Path("whole").iterdir()))


GRADIENT = """
[scenario]
name = "gradient"
[data]
name = "digits"
test = 20
train = 20
[stream]
kind = "class-incremental"
increment = 3
initial_increment = 4
[network.population.input]
size = 64
wake = { model = "Clamp" }
[network.population.output]
size = 10
wake = { model = "RateUnit" }
[network.projection.weights]
pre = "input"
post = "output"
[training]
method = "gradient"
input = "input"
output = "output"
steps = 3
lr = 0.01
epochs = 2
penalty = { kind = "ewc", strength = 10.0, samples = 5 }
"""


@pytest.mark.parametrize("phases", range(1, 7))
def test_training_by_gradients_with_a_penalty_goes_on(neurosim, tmp_path: Path, interrupted, phases: int) -> None:
    pytest.importorskip("torch.cuda", reason="needs PyTorch: make test-torch")
    path = tmp_path / "gradient.toml"
    path.write_text(GRADIENT)
    assert neurosim("run", path, "--out", "whole").code == 0
    run = interrupted(phases, path)
    assert neurosim("resume", run).code == 0
    assert contents(run) == contents(next(Path("whole").iterdir()))


def test_the_file_of_pretraining_must_be_the_same_until_it_has_been_read(neurosim, tmp_path: Path, interrupted) -> None:
    pytest.importorskip("torch.cuda", reason="needs PyTorch: make test-torch")
    path, file = tmp_path / "pretrained.toml", tmp_path / "first.h5"
    table = GRADIENT[GRADIENT.index("input =") : GRADIENT.index("penalty =")]
    path.write_text(f'{GRADIENT}\n[pretraining]\nfile = "first.h5"\n{table}')
    assert neurosim("pretrain", path, "--out", file).code == 0
    assert neurosim("run", path, "--out", "whole").code == 0
    run = interrupted(1, path)
    first = phase(run, 0)
    kept = first.rename(tmp_path / "kept")
    assert neurosim("pretrain", path, "--out", file, "--seed", 9).code == 0
    refused(neurosim("resume", run), "the file of [pretraining] has changed since the run began")
    kept.rename(first)
    file.unlink()
    assert neurosim("resume", run).code == 0
    assert contents(run) == contents(next(Path("whole").iterdir()))


def test_damage_to_a_methods_state_is_found(neurosim, tmp_path: Path, interrupted: Interrupted) -> None:
    pytest.importorskip("torch.cuda", reason="needs PyTorch: make test-torch")
    path = tmp_path / "gradient.toml"
    path.write_text(GRADIENT)
    assert neurosim("run", path, "--out", "whole").code == 0
    run = interrupted(5, path)
    newest = max(run.glob("method/*.h5"))
    alter(newest)
    done = neurosim("resume", run)
    assert done.code == 0
    assert "the method's state that belongs to it is not whole" in done.err
    assert contents(run) == contents(next(Path("whole").iterdir()))


FULL_AFTER = """
import resource, sys
from neurosim.results.store import RunDirectory
kept = RunDirectory.keep
def keep(self, *left):
    if len(list(self.path.glob("phases/*.h5"))) == 3:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    kept(self, *left)
RunDirectory.keep = keep
from neurosim.cli import app
app(sys.argv[1:])
"""


def test_a_full_disk_is_one_error_and_loses_nothing(neurosim, whole, scenario: Path) -> None:
    done = shell(FULL_AFTER, "run", scenario, "--out", "full")
    run = next(Path("full").iterdir())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: run directory {run}: cannot be written (File too large)")
    assert done.stderr.endswith(f"what was done is kept, go on with: neurosim resume {run}\n")
    assert done.stderr.count("\n") == 1
    assert not list(run.rglob("*.part"))
    assert neurosim("resume", run).code == 0
    assert contents(run) == whole


def test_ctrl_c_in_a_real_process(scenario: Path, neurosim, whole) -> None:
    program = KILLED_AFTER.replace("SIGKILL", "SIGINT")
    done = shell(program, "run", scenario, "--out", "stopped", 3)
    run = next(Path("stopped").iterdir())
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == f"interrupted; go on with: neurosim resume {run}\n"
    assert neurosim("resume", run).code == 0
    assert contents(run) == whole


def test_what_a_killed_process_was_making_goes_away_later(neurosim, scenario: Path) -> None:
    left = Path("runs") / ".partial-of-a-killed-process"
    left.mkdir(parents=True)
    (left / "lock").write_text("")
    os.utime(left, (0, 0))
    assert neurosim("run", scenario).code == 0
    assert not left.exists()


@pytest.mark.parametrize("phases", [0, PHASES])
def test_a_damaged_result_is_made_anew(neurosim, whole, scenario: Path, phases: int) -> None:
    neurosim("run", scenario, "--out", "runs")
    run = next(Path("runs").iterdir())
    for number in range(phases, PHASES):
        phase(run, number).unlink()
    (run / "result.json").write_text("{")
    done = neurosim("resume", run)
    assert done.code == 0, done.err
    assert contents(run) == whole


@pytest.mark.parametrize("target", ["a file", "nothing"])
def test_events_are_not_written_to_where_a_link_leads(neurosim, interrupted: Interrupted, target: str) -> None:
    run, victim = interrupted(2), Path("victim")
    if target == "a file":
        victim.write_text("without an end of line")
    (run / "events.jsonl").unlink()
    (run / "events.jsonl").symlink_to(victim.absolute())
    refused(neurosim("resume", run), "events.jsonl is a link")
    assert victim.read_text() == "without an end of line" if target == "a file" else not victim.exists()


@pytest.mark.parametrize("name", ["phases", "method"])
def test_phases_are_not_written_to_where_a_link_leads(neurosim, interrupted: Interrupted, name: str) -> None:
    run, elsewhere = interrupted(2), Path("elsewhere")
    elsewhere.mkdir()
    if name == "phases":
        for path in (run / name).iterdir():
            path.rename(elsewhere / path.name)
        (run / name).rmdir()
    (run / name).symlink_to(elsewhere.absolute())
    before = sorted(elsewhere.iterdir())
    refused(neurosim("resume", run), f"{name} is a link")
    assert sorted(elsewhere.iterdir()) == before


def test_what_a_user_keeps_in_a_run_directory_stays(neurosim, interrupted: Interrupted) -> None:
    run = interrupted(2)
    (run / "mine").mkdir()
    (run / "mine" / "movie.part").write_text("x")
    assert neurosim("resume", run).code == 0
    assert (run / "mine" / "movie.part").exists()
