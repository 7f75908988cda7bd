"""Sessions in another interpreter and on another host give the same bits; the other host ends what we cannot kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import numpy
import psutil
import pytest
from worker_processes import assert_gone, processes

import neurosim
from neurosim.backend.reference import ReferenceBackend
from neurosim.backend.remote.backend import RemoteBackend
from neurosim.backend.remote.host import HERE, Place
from neurosim.errors import BackendError
from neurosim.program.precision import Float64
from neurosim.testing.agreement import assert_learned_agree, assert_probes_agree
from neurosim.testing.cases.small import CASES

HOMES = [Path(m.__file__).parents[1] for m in (numpy, neurosim)]


@pytest.fixture(scope="session")
def another_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An environment of its own that has what this one has."""
    home = tmp_path_factory.mktemp("another") / "env"
    venv.EnvBuilder(symlinks=True, with_pip=False).create(home)
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text("".join(f"import site; site.addsitedir({str(h)!r})\n" for h in HOMES))
    return str(home / "bin" / "python")


def assert_equals_the_reference(backend: RemoteBackend, name: str) -> None:
    case = CASES[name](0.5)
    program = case.program(Float64())
    outcomes = []
    for b in (ReferenceBackend(), backend):
        with b.compile(program) as session:
            session.write(case.learned_for(program))
            outcomes.append((session.run(case.trials, constants=case.constants), session.read()))
    (expected, expected_learned), (found, learned) = outcomes
    assert assert_learned_agree(learned, expected_learned)
    assert assert_probes_agree(found, expected)
    assert (found.backend, found.mode, found.kind) == ("lab", "numpy", "reference")
    assert dict(found.counts) == dict(expected.counts)


@pytest.mark.parametrize("name", ["ep_one_sided", "sleep"])
def test_another_interpreter(another_python: str, name: str) -> None:
    backend = RemoteBackend("lab", "reference", Place(another_python))
    assert_equals_the_reference(backend, name)
    assert psutil.Process(backend.worker().pid).cmdline()[0] == another_python


@pytest.mark.parametrize("name", ["ep_one_sided", "sleep"])
def test_another_host(ssh: Place, name: str) -> None:
    backend = RemoteBackend("lab", "reference", ssh)
    assert_equals_the_reference(backend, name)
    command = psutil.Process(backend.worker()._process.pid).cmdline()
    assert "ssh" in command[1]
    assert "user@host" in command


@pytest.mark.parametrize("fault", ["stop", "hang-with-a-child"])
def test_a_script_that_starts_the_interpreter(mischief, opened, tmp_path: Path, fault: str) -> None:
    """The interpreter is then a child of our child, and is killed as well."""
    script = tmp_path / "python.sh"
    script.write_text(f'#!/bin/sh\n{sys.executable} "$@"\nexit $?\n')
    script.chmod(0o755)
    case = CASES["ep_one_sided"](0.5)
    with opened("misbehaving", Place(str(script))).compile(case.program()) as session:
        everything = processes()
        session.backend.deadline = 1.5
        mischief(fault)
        with pytest.raises(BackendError, match=r"gave no answer within 1.5 s"):
            session.run(case.trials)
        assert_gone(everything)


@pytest.mark.parametrize("where", ["here", "another interpreter", "another host"])
def test_nothing_is_imported_from_the_working_folder(
    foreign_folder: Path, ssh: Place, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    place = {"here": HERE, "another interpreter": Place(sys.executable), "another host": ssh}[where]
    monkeypatch.chdir(foreign_folder)
    monkeypatch.syspath_prepend("")  # as in an interactive interpreter, which has all that is needed by now
    assert RemoteBackend("lab", "reference", place).versions()["neurosim"] == neurosim.__version__


def test_an_interpreter_without_neurosim() -> None:
    with pytest.raises(BackendError, match=r"did not start .*No module named 'neurosim'"):
        RemoteBackend("lab", "reference", Place(f"{sys.executable} -I -S")).versions()


def test_a_host_that_is_not_found(ssh: Place, tmp_path: Path) -> None:
    (tmp_path / "bin" / "ssh").write_text("#!/bin/sh\necho 'Connection refused' >&2\nexit 255\n")
    with pytest.raises(BackendError, match=r"^backend lab: user@host .* did not start .*: Connection refused$"):
        RemoteBackend("lab", "reference", ssh).versions()


@pytest.mark.parametrize("fault", ["hang", "hang-with-a-child", "die", "say-nonsense"])
def test_a_host_ends_its_side_when_ours_hangs_up(mischief, opened, ssh: Place, fault: str) -> None:
    case = CASES["ep_one_sided"](0.5)
    program = case.program()
    with opened("misbehaving", ssh).compile(program) as session:
        everything = processes()
        session.backend.deadline = 1.5
        mischief(fault)
        start = time.monotonic()
        with pytest.raises(BackendError):
            session.run(case.trials)
        assert time.monotonic() - start < 2.5
        assert_gone(everything)
        session.run(case.trials)


def test_a_stopped_host_is_given_up_in_time(mischief, opened, ssh: Place) -> None:
    case = CASES["ep_one_sided"](0.5)
    with opened("misbehaving", ssh).compile(case.program()) as session:
        client, everything = psutil.Process(session.backend.worker()._process.pid), processes()
        leader = psutil.Process(session.backend.worker().pid)
        session.backend.deadline = 1.5
        mischief("stop")
        start = time.monotonic()
        with pytest.raises(BackendError, match=r"gave no answer within 1.5 s"):
            session.run(case.trials)
        assert time.monotonic() - start < 2.5
        assert_gone({client})
        assert leader.status() == psutil.STATUS_STOPPED
        leader.send_signal(signal.SIGCONT)  # it wakes up, and nobody is there
        assert_gone(everything)


PARENT = """if True:
    import sys
    from neurosim.backend.remote.host import HERE, Place
    from neurosim.backend.remote.backend import RemoteBackend
    backend = RemoteBackend("lab", "reference", Place(sys.executable, sys.argv[1] or None))
    backend.versions()
    print(backend.worker().pid, flush=True)
    input()
"""


@pytest.mark.parametrize("host", ["", "user@host"])
@pytest.mark.parametrize("end", ["kill", "exit"])
def test_nothing_outlives_the_parent(ssh: Place, host: str, end: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, host], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
    )
    there = psutil.Process(int(parent.stdout.readline()))
    everything = {there, *there.children(recursive=True), *psutil.Process(parent.pid).children(recursive=True)}
    if end == "kill":
        parent.kill()
    parent.communicate("\n" if end == "exit" else None, timeout=30)
    assert_gone(everything)


def test_a_worker_in_a_worker_leaves_nothing_either(opened) -> None:
    """Lava keeps a worker of its own, and has shared memory, which outlives processes until it is removed."""
    pytest.importorskip("lava.magma", exc_type=ImportError)
    case = CASES["ep_one_sided"](0.5)
    with opened("lava").compile(case.program()) as session:
        session.run(case.trials)
        everything = processes()
        memory = {line.rsplit("/", 1)[1] for p in everything for line in mapped(p) if "/dev/shm/psm_" in line}
        assert memory
        os.kill(session.backend.worker().pid, signal.SIGKILL)
        assert_gone(everything)
        assert not memory & set(os.listdir("/dev/shm"))


def mapped(process: psutil.Process) -> list[str]:
    return Path(f"/proc/{process.pid}/maps").read_text().splitlines()
