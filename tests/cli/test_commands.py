"""What the commands print and leave behind."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

import neurosim as package
from neurosim.backend import registry
from neurosim.backend.contract import Progress
from neurosim.backend.host_session import Outcome
from neurosim.backend.reference import ReferenceBackend, ReferenceSession
from neurosim.cli.commands import COMMANDS
from neurosim.program.constants import length_of
from neurosim.program.program import Program
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.results import store

RUN_KEYS = {
    "scenario", "seed", "backend", "mode", "accuracy", "average_accuracy", "average_incremental_accuracy",
    "backward_transfer", "backward_transfer_of_all_rows", "forgetting", "forgetting_of_learned", "accuracy_matrix",
    "counts", "energy", "buffer_bits", "raw_bits", "peak_memory", "device", "run_dir",
}  # fmt: skip
ROW_KEYS = {
    "name", "mode", "kind", "accuracy", "accuracy_matrix", "max_abs_dw", "spikes_different", "tier", "seconds",
    "samples_per_s", "ratio_to_reference",
}  # fmt: skip


def test_run_prints_one_json_object_with_exactly_these_keys(neurosim, tiny) -> None:
    done = neurosim("run", tiny(), "--json", "--seed", 3, "--out", "kept")
    assert done.code == 0
    data = json.loads(done.out)
    assert set(data) == RUN_KEYS
    assert (data["scenario"], data["seed"], data["backend"], data["mode"]) == ("digits_sleep", 3, "reference", "numpy")
    assert np.shape(data["accuracy_matrix"]) == (5, 5)
    assert 0 <= data["accuracy"] <= 1


def test_run_keeps_what_it_says_it_keeps(neurosim, tiny) -> None:
    path = tiny()
    data = json.loads(neurosim("run", path, "--json", "--out", "kept").out)
    assert [str(p) for p in Path("kept").iterdir()] == [data["run_dir"]]
    kept = store.read(Path(data["run_dir"]))
    assert kept.accuracy_matrix.tolist() == data["accuracy_matrix"]
    assert (Path(data["run_dir"]) / "scenario.toml").read_text() == path.read_text()


def test_run_on_several_backends_prints_a_list(neurosim, tiny) -> None:
    done = neurosim("run", tiny(), "--json", "--backend", "reference", "--backend", "nengo:fused")
    data = json.loads(done.out)
    assert [set(d) for d in data] == [RUN_KEYS, RUN_KEYS]
    assert data[0]["run_dir"] != data[1]["run_dir"]
    assert data[0]["accuracy_matrix"] == data[1]["accuracy_matrix"]


def test_run_without_json_prints_the_accuracies_and_the_place(neurosim, tiny) -> None:
    done = neurosim("run", tiny())
    assert done.code == 0
    for text in ("digits_sleep", "reference:numpy", "seed 0", "test part", "of all classes after the last task"):
        assert text in done.out
    assert "kept in runs/digits_sleep-reference-numpy-seed0-" in done.out


def test_compare_prints_one_json_object_with_exactly_these_keys(neurosim, tiny) -> None:
    done = neurosim("compare", tiny(), "--json", "--backends", "reference", "--seed", 2)
    assert done.code == 0
    data = json.loads(done.out)
    assert set(data) == {"scenario", "seed", "backends"}
    assert (data["scenario"], data["seed"]) == ("digits_sleep", 2)
    (row,) = data["backends"]
    assert set(row) == ROW_KEYS
    assert (row["max_abs_dw"], row["spikes_different"], row["tier"], row["ratio_to_reference"]) == (0, 0, "T0", 1)


def test_compare_runs_the_reference_first_though_it_is_not_named(neurosim, tiny, other_backends) -> None:
    data = json.loads(neurosim("compare", tiny(), "--json", "--backends", "twin").out)
    assert [(r["name"], r["tier"]) for r in data["backends"]] == [("reference", "T0"), ("twin", "T0")]


def test_backends_lists_every_backend_whatever_is_installed(neurosim) -> None:
    rows = json.loads(neurosim("backends", "--json").out)
    assert [r["name"] for r in rows] == ["reference", "brian2", "lava", "loopback", "nengo", "torch"]
    assert all(set(r) == {"name", "modes", "kind", "notes", "versions", "problem"} for r in rows)
    assert rows[0]["modes"] == ["numpy"]
    assert rows[0]["problem"] is None


def test_version(neurosim) -> None:
    assert neurosim("--version").out == f"neurosim {package.__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(neurosim, command: str) -> None:
    assert "Usage" in neurosim(command, "--help").out


# as a real process


def shell(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from neurosim.cli import app; app()", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env={**os.environ, **environment}, timeout=120
    )


def test_a_process_prints_json_on_stdout_and_nothing_else(tiny, tmp_path: Path) -> None:
    done = shell("run", tiny(), "--json", cwd=tmp_path)
    assert done.returncode == 0
    assert set(json.loads(done.stdout)) == RUN_KEYS
    assert done.stderr == ""


def test_a_process_ends_with_code_2_and_one_paragraph_where_the_input_is_wrong(tiny, tmp_path: Path) -> None:
    done = shell("run", tiny(("test = 60", "tset = 60")), "--json", cwd=tmp_path, COLUMNS="40")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")


def test_starting_imports_no_simulator(tmp_path: Path) -> None:
    heavy = "{'brian2', 'nengo', 'lava', 'sklearn', 'sympy', 'torch'}"
    program = f"import sys, neurosim.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == "[]\n"


# backends that are wrong


class Twin(ReferenceBackend):
    """The reference under another name."""

    name = "twin"
    session: type[ReferenceSession] = ReferenceSession

    def compile(self, program: Program, *, mode: str = "default") -> ReferenceSession:
        return self.session(program, self, "numpy")


class OffByOneStep(ReferenceSession):
    """A phase is a step longer than it should be."""

    def simulate(self, run: Run, learned: dict[str, Array], progress: Progress | None) -> Outcome:
        free = length_of("free")
        longer = {**run.constants, free: run.constants.get(free, 0) + 1}
        if free not in run.constants:  # sleep is as it should be
            longer = dict(run.constants)
        return super().simulate(replace(run, constants=longer), learned, progress)


class OneUlp(ReferenceSession):
    """One weight is one unit in the last place too large after each run."""

    def simulate(self, run: Run, learned: dict[str, Array], progress: Progress | None) -> Outcome:
        outcome = super().simulate(run, learned, progress)
        if run.learn and run.program.mode == "wake":
            weights = outcome.learned["hidden.bias"]
            weights[0] = np.nextafter(weights[0], 1)
        return outcome


class Late(Twin):
    name, session = "late", OffByOneStep


class Ulp(Twin):
    name, session = "ulp", OneUlp


@pytest.fixture
def other_backends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "backends_of_these_tests", sys.modules[__name__])
    entries = [EntryPoint("reference", "neurosim.backend.reference:ReferenceBackend", registry.GROUP)]
    classes = {"twin": "Twin", "late": "Late", "ulp": "Ulp"}
    entries += [EntryPoint(n, f"backends_of_these_tests:{c}", registry.GROUP) for n, c in classes.items()]
    monkeypatch.setattr(registry, "installed", lambda group: entries)


@pytest.mark.parametrize("broken", ["late", "ulp"])
def test_compare_ends_with_code_1_where_a_backend_is_below_the_tier(
    neurosim, tiny, other_backends, broken: str
) -> None:
    done = neurosim("compare", tiny(), "--json", "--backends", f"twin,{broken}")
    assert done.code == 1
    assert done.err.startswith("below")
    assert f"{broken}:numpy" in done.err
    assert "twin" not in done.err
    tiers = {r["name"]: r["tier"] for r in json.loads(done.out)["backends"]}
    assert (tiers["reference"], tiers["twin"]) == ("T0", "T0")
    assert tiers[broken] in ("T1", "none")


def test_compare_ends_with_code_0_where_the_scenario_demands_less(neurosim, tiny, other_backends) -> None:
    path = tiny(('tier = "T0"', 'tier = "T1"'))
    rows = json.loads(neurosim("compare", path, "--json", "--backends", "ulp", "--segments").out)["backends"]
    assert rows[1]["tier"] == "T1"
    assert neurosim("compare", path, "--json", "--backends", "ulp", "--segments").code == 0


def test_compare_names_the_stage_after_which_a_backend_first_differs(neurosim, tiny, other_backends) -> None:
    done = neurosim("compare", tiny(), "--backends", "late")
    assert done.code == 1
    assert "late:numpy first differs" in done.out
    assert "after task 1, trained" in done.out


def test_compare_in_segments_tells_how_far_they_were_apart(neurosim, tiny, other_backends) -> None:
    done = neurosim("compare", tiny(), "--json", "--backends", "twin,late", "--segments")
    reference, twin, late = json.loads(done.out)["backends"]
    assert "segments" not in reference
    assert twin["segments"]["max_abs_dw"] == 0
    assert late["segments"]["max_abs_dw"] > 0
    assert twin["segments"]["count"] == late["segments"]["count"] > 5
