"""A scenario on a worker that it names: the same result; after trouble `resume` goes on to the same bytes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from execnet import gateway_io
from worker_processes import assert_gone, processes

from neurosim.backend.remote import worker
from neurosim.backend.remote.destination import Destination
from neurosim.backend.remote.host import NEVER_ASKING, Place
from neurosim.errors import InputError, SpecError
from neurosim.results import store
from neurosim.results.store import checksummed
from neurosim.scenario import schema

DIGITS = Path(__file__).parents[1] / "digits_sleep.toml"
SMALLER = {
    "size = 256": "size = 4", "increment = 2": "increment = 5",
    "test = 360": "test = 20", "validation = 287": "train = 20",
    "free_steps = 20": "free_steps = 2", "nudged_steps = 8": "nudged_steps = 1", "steps = 747": "steps = 9",
}  # fmt: skip
RUNS = 6
"""Two tasks, each trained, slept on and tested."""


def scenario(folder: Path, workers: str) -> Path:
    text = DIGITS.read_text()
    for old, new in SMALLER.items():
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "small.toml"
    path.write_text(text + workers)
    return path


def contents(run: Path) -> dict[str, bytes]:
    files = (p for p in run.rglob("*") if p.is_file() and p.name != "events.jsonl")
    return {str(p.relative_to(run)): p.read_bytes() for p in files}


@pytest.mark.parametrize(("fault", "at"), [("die", 1), ("hang", 2), ("stop", 3), ("fail", 4), ("babble", 6)])
def test_a_run_whose_worker_fails_is_resumed_to_the_same_bytes(neurosim, tmp_path, mischief, fault: str, at: int):
    check_resumes(neurosim, scenario(tmp_path, LAB.format("misbehaving")), tmp_path, mischief, fault, at)


@pytest.mark.parametrize(("fault", "at"), [("die", 2), ("hang", 5)])
def test_with_a_simulator_in_the_worker(neurosim, tmp_path, mischief, fault: str, at: int) -> None:
    check_resumes(neurosim, scenario(tmp_path, LAB.format("misbehaving-nengo")), tmp_path, mischief, fault, at)


LAB = '\n[workers.lab]\nbackend = "{}"\ndeadline = 4\n'


def check_resumes(neurosim, path: Path, folder: Path, mischief, fault: str, at: int) -> None:
    assert neurosim("run", path, "--backend", "lab", "--out", folder / "whole").code == 0
    [whole] = (folder / "whole").iterdir()
    left = processes()
    mischief(f"{fault} {at}")
    done = neurosim("run", path, "--backend", "lab", "--out", folder / "runs")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: backend lab: ")
    assert done.err.count("\n") == 1
    if at == 1:  # nothing had been done, so nothing is kept
        assert not (folder / "runs").exists()
        assert neurosim("run", path, "--backend", "lab", "--out", folder / "runs").code == 0
    [run] = (folder / "runs").iterdir()
    assert_gone(left)
    assert len(list(run.glob("phases/*.h5"))) == (RUNS if at == 1 else at - 1)
    assert f"go on with: neurosim resume {run} --backend lab\n" in done.err or at == 1
    assert neurosim("resume", run, "--backend", "lab").code == 0
    assert contents(run) == contents(whole)


def test_compare_takes_workers_beside_backends(neurosim, tmp_path: Path, ssh) -> None:
    text = '\n[workers.mine]\nbackend = "reference"\n'
    text += f'\n[workers.board]\nbackend = "reference"\nssh = "user@host"\npython = "{sys.executable}"\n'
    done = neurosim("compare", scenario(tmp_path, text), "--json", "--backends", "mine,board:numpy,loopback")
    assert done.code == 0
    rows = json.loads(done.out)["backends"]
    assert [r["name"] for r in rows] == ["reference", "mine", "board", "loopback"]
    assert {(r["tier"], r["kind"], r["max_abs_dw"]) for r in rows} == {("T0", "reference", 0)}


@pytest.mark.parametrize(
    ("table", "name", "texts"),
    [
        ('[workers.lab]\nbackend = "refrence"', "lab", ("backend lab", "did you mean 'reference'?")),
        ('[workers.lab]\nbackend = "reference"', "lba", ("backend 'lba'", "did you mean 'lab'?")),
        ('[workers.lab]\nbackend = "reference"', "lab:fast", ("lab has no mode 'fast'", "known: numpy")),
        ('[workers.lab]\nbackend = "reference"\npython = "no-such-python"', "lab", ("no-such-python did not start",)),
        ('[workers.nengo]\nbackend = "nengo"', "reference", ("[workers.nengo]: an installed backend is called",)),
    ],
)
def test_mistakes_end_in_one_paragraph(neurosim, tmp_path: Path, table: str, name: str, texts: tuple[str, ...]) -> None:
    done = neurosim("run", scenario(tmp_path, f"\n{table}\n"), "--backend", name)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert all(text in done.err for text in texts), done.err


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("[workers.lab]\nbackend = 3", "'workers.lab.backend' = 3"),
        ('[workers.lab]\nssh = "a"', "'workers.lab.backend' is missing"),
        ('[workers.lab]\nbackend = "nengo"\npyton = "x"', "unknown key 'workers.lab.pyton'; did you mean 'python'?"),
        ('[workers.lab]\nbackend = "nengo"\ndeadline = 0', "'workers.lab.deadline' = 0: input should be greater"),
        ('[workers."a:b"]\nbackend = "nengo"', "a:b"),
    ],
)
def test_a_table_with_a_mistake_is_refused(tmp_path: Path, table: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        schema.read(scenario(tmp_path, f"\n{table}\n"))
    assert message in str(error.value)


# what a run directory of others may start


@pytest.fixture
def trap(tmp_path: Path) -> tuple[str, Path]:
    """A command that leaves a trace of having been started, and the trace."""
    command, trace = tmp_path / "trap", tmp_path / "trace"
    command.write_text(f'#!/bin/sh\necho started >> {trace}\nexec {sys.executable} "$@"\n')
    command.chmod(0o755)
    return f'\n[workers.lab]\nbackend = "reference"\npython = "{command}"\n', trace


def stop_workers() -> None:
    """As another process finds it: what is asked of a worker starts one."""
    for kept in worker._shared.values():
        kept.close()
    worker._shared.clear()


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_finished_run_starts_nothing(neurosim, tmp_path: Path, trap: tuple[str, Path]) -> None:
    table, trace = trap
    assert neurosim("run", scenario(tmp_path, table), "--backend", "lab", "--out", tmp_path / "runs").code == 0
    [run] = (tmp_path / "runs").iterdir()
    whole = contents(run)
    trace.unlink()
    stop_workers()
    (run / "accuracy_matrix.csv").unlink()  # it gets its tables back nevertheless
    for arguments in ((), ("--json",), ("--backend", "lab")):
        done = neurosim("resume", run, *arguments)
        assert done.code == 0, done.err
        assert "nothing is left to run" in done.err
    assert not trace.exists()
    assert contents(run) == whole


@pytest.mark.parametrize("damaged", [False, True])
def test_what_is_left_of_a_run_starts_only_what_is_named_again(
    neurosim, tmp_path: Path, trap: tuple[str, Path], damaged: bool
) -> None:
    table, trace = trap
    assert neurosim("run", scenario(tmp_path, table), "--backend", "lab", "--out", tmp_path / "run s").code == 0
    [run] = (tmp_path / "run s").iterdir()
    whole = contents(run)
    trace.unlink()
    stop_workers()
    last = sorted((run / "phases").iterdir())[-1]
    if damaged:
        last.write_bytes(b"")
    else:
        last.unlink()
        (run / "result.json").unlink()
        before = bytes_of(run)
    done = neurosim("resume", run)
    assert (done.code, done.out) == (2, "")
    assert "worker 'lab'" in done.err
    assert f"`{tmp_path}/trap`" in done.err
    assert f"neurosim resume '{run}' --backend lab" in done.err
    assert not trace.exists()
    assert damaged or bytes_of(run) == before
    if not damaged:
        with pytest.raises(InputError, match=r"go on with: neurosim resume '.*run s.*' --backend lab"):
            store.read(run)
    assert neurosim("resume", run, "--backend", "reference").code == 2
    assert not trace.exists()
    assert neurosim("resume", run, "--backend", "lab").code == 0
    assert trace.exists()
    assert contents(run) == whole


@pytest.mark.parametrize(
    "ssh",
    ["-oProxyCommand=touch x", "-oProxyCommand=x host", "--", "-Fx host", "-p 22 -oX=y host", "user@-oX", "-p 1 -x",
     "host -oX=y", "host\t-x", "host\n", " host", "user@host command", "a@b@c", "host;x", "$(x)", "-p 70000 host",
     "-p 0 host"],
)  # fmt: skip
def test_a_host_that_ssh_could_take_for_an_option_is_refused(neurosim, tmp_path: Path, ssh: str) -> None:
    with pytest.raises(InputError):
        Place(ssh=ssh)
    table = f'\n[workers.lab]\nbackend = "reference"\nssh = {json.dumps(ssh)}\n'
    done = neurosim("run", scenario(tmp_path, table), "--backend", "lab", "--out", tmp_path / "runs")
    assert (done.code, done.out) == (2, "")
    assert "[workers.lab]" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("python", ["-oProxyCommand=x", "", " ", "'", "python\n-x", "-c 'import os'"])
def test_a_python_that_is_no_command_is_refused(python: str) -> None:
    with pytest.raises(InputError):
        Place(python=python)


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        (("host", None), ["--", "host"]),
        (("me@lab.example.org", 2222), ["-p", "2222", "--", "me@lab.example.org"]),
        (("-p 2222 me@lab.example.org", None), ["-p", "2222", "--", "me@lab.example.org"]),
        (("me@2001:db8::1", None), ["--", "me@2001:db8::1"]),
        (("192.0.2.7", 65535), ["-p", "65535", "--", "192.0.2.7"]),
    ],
)
def test_a_destination_is_user_host_and_port(given: tuple[str, int | None], arguments: list[str]) -> None:
    assert Destination.of(*given).arguments() == arguments
    command = gateway_io.ssh_args(Place("python3", *given).spec())
    assert command[:-1] == ["ssh", "-C", NEVER_ASKING, *arguments]


@pytest.mark.parametrize("given", [("-p 1 host", 2), ("host", 0), ("host", 65536)])
def test_a_port_is_a_port_and_given_once(given: tuple[str, int]) -> None:
    with pytest.raises(InputError, match="port"):
        Destination.of(*given)


def test_a_port_without_a_host_is_refused() -> None:
    with pytest.raises(InputError, match="port = 22 belongs to ssh"):
        Place(port=22)


@pytest.mark.parametrize(("backend", "mode"), [("lab:x", "numpy"), ("lab:", "numpy"), ("lab:numpy", ""), ("lab", "")])
def test_a_forged_name_of_a_backend_starts_nothing(
    neurosim, tmp_path: Path, trap: tuple[str, Path], backend: str, mode: str
) -> None:
    table, trace = trap
    assert neurosim("run", scenario(tmp_path, table), "--backend", "lab", "--out", tmp_path / "runs").code == 0
    [run] = (tmp_path / "runs").iterdir()
    trace.unlink()
    stop_workers()
    (run / "result.json").unlink()
    document, _ = checksummed.read_json(run / "run.json")
    checksummed.write_json(run / "run.json", {**document, "backend": backend, "mode": mode})
    done = neurosim("resume", run)
    assert (done.code, done.out) == (2, "")
    assert "no name of one" in done.err
    assert not trace.exists()
