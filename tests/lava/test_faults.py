"""Whatever happens to a process of the Lava backend: one clear error in time, nothing left behind, and on it goes."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from neurosim.backend.reference import ReferenceBackend
from neurosim.errors import BackendError

RUN = "def run(*given):\n    "
ENDLESS = RUN + "while True: pass"
DEADLY = RUN + "import os; os.kill(os.getpid(), 9)"
RAISING = RUN + "raise ValueError('three is not a matrix')"

both_modes = pytest.mark.parametrize("mode", ["fused", "mapped"])
"""One process that fails, or one of several that wait for each other."""


@pytest.fixture
def everything(session) -> list[psutil.Process]:
    """All processes of the backend."""
    worker = psutil.Process(session._worker.pid)
    found = [worker, *worker.children(recursive=True)]
    assert len(found) >= 5  # worker, runtime service, model, manager of shared memory, resource tracker
    return found


@pytest.fixture
def recovers(everything, session, case):
    """Afterwards nothing is left, nothing that was learned is lost, and the session works."""
    folder, memory = Path(session._worker._folder), shared_memory(everything)
    before = session.read()
    assert memory
    yield
    assert_gone(everything)
    assert not folder.exists()
    assert not memory & set(os.listdir("/dev/shm"))
    assert all((before[n] == a).all() for n, a in session.read().items())
    expected = ReferenceBackend().compile(case.program())
    expected.write(before)
    expected.run(case.trials)
    session.deadline = 120
    session.run(case.trials)
    for name, values in expected.read().items():
        np.testing.assert_array_equal(values, session.read()[name])


def shared_memory(processes) -> set[str]:
    maps = [line for p in processes for line in Path(f"/proc/{p.pid}/maps").read_text().splitlines()]
    return {line.rsplit("/", 1)[1] for line in maps if "/dev/shm/psm_" in line}


def assert_gone(processes, seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while left := [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]:
        assert time.monotonic() < until, left
        time.sleep(0.05)


def sabotaged(plan, source: str):
    """Plans in which one process executes this text; where there are others, they wait for what it was to send."""

    def changed(*given):
        good = plan(*given)
        return replace(good, texts={**good.texts, next(iter(good.texts)): source})

    return changed


def broken(session, case, monkeypatch, source: str, deadline: float = 60.0) -> str:
    """The message of the error that a run of this text ends in."""
    with monkeypatch.context() as patched:
        patched.setattr(session, "plan", sabotaged(session.plan, source))
        session.deadline = deadline
        start = time.monotonic()
        with pytest.raises(BackendError) as caught:
            session.run(case.trials)
        assert time.monotonic() - start < min(deadline, 10.0) + 3.0
    return str(caught.value)


@both_modes
@pytest.mark.usefixtures("recovers")
def test_exception_in_the_process_model(session, case, monkeypatch):
    message = broken(session, case, monkeypatch, RAISING)
    assert message == "backend lava: the program failed in its Lava process with ValueError: three is not a matrix"


@both_modes
@pytest.mark.usefixtures("recovers")
def test_killed_process_model(session, case, monkeypatch):
    message = broken(session, case, monkeypatch, DEADLY)
    assert message.startswith("backend lava: a process of the Lava network was ended by SIGKILL")


@both_modes
@pytest.mark.usefixtures("recovers")
def test_killed_between_runs(session, case, everything):
    for process in everything[1:]:
        if process.is_running() and "resource_tracker" not in " ".join(process.cmdline()):
            process.kill()
    with pytest.raises(BackendError, match="was ended by SIGKILL"):
        session.run(case.trials)


@pytest.mark.usefixtures("recovers")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_worker(session, case, everything, monkeypatch, number):
    threading.Timer(0.5, everything[0].send_signal, [number]).start()
    message = broken(session, case, monkeypatch, ENDLESS)
    assert message.startswith(f"backend lava: its process was ended by {number.name}")


@pytest.mark.usefixtures("recovers")
def test_stopped_worker(session, case, everything, monkeypatch):
    """A worker that is there but does not read, so that even sending blocks."""
    everything[0].suspend()
    with pytest.raises(BackendError, match=r"its process gave no answer within 1.5 s"):
        session._worker.call("run", 1.5, much=np.zeros(10**6))


@both_modes
@pytest.mark.usefixtures("recovers")
def test_endless_loop(session, case, monkeypatch):
    assert broken(session, case, monkeypatch, ENDLESS, 1.5) == "backend lava: its process gave no answer within 1.5 s"


@pytest.mark.usefixtures("recovers")
def test_interrupted(session, case, monkeypatch, interruptible):
    monkeypatch.setattr(session, "plan", sabotaged(session.plan, ENDLESS))
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        session.run(case.trials)
    monkeypatch.undo()


PARENT = f"""if True:
    import sys
    from dataclasses import replace
    from neurosim_lava import LavaBackend
    from neurosim.testing.cases.small import CASES
    case = CASES["ep_one_sided"](1.0)
    opened = LavaBackend().compile(case.program(), mode=sys.argv[1])
    opened.run(case.trials)
    print(opened._worker.pid, opened._worker._folder, flush=True)
    plan = opened.plan
    opened.plan = lambda *given: replace(plan(*given), texts=dict.fromkeys(plan(*given).texts, {ENDLESS!r}))
    opened.run(case.trials)
"""


@pytest.mark.parametrize(
    ("mode", "number"), [("fused", signal.SIGKILL), ("fused", signal.SIGTERM), ("mapped", signal.SIGKILL)]
)
def test_killed_parent(mode, number):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, mode], stdout=subprocess.PIPE, text=True)
    pid, folder = parent.stdout.readline().split()
    worker = psutil.Process(int(pid))
    everything = [worker, *worker.children(recursive=True)]
    memory = shared_memory(everything)
    time.sleep(0.5)
    parent.send_signal(number)
    parent.wait(5)
    assert_gone(everything)
    assert not Path(folder).exists()
    assert memory
    assert not memory & set(os.listdir("/dev/shm"))


LEAVING = """if True:
    from neurosim_lava import LavaBackend
    from neurosim.testing.cases.small import CASES
    case = CASES["ep_one_sided"](1.0)
    opened = LavaBackend().compile(case.program())
    opened.run(case.trials)
    print(opened._worker.pid, opened._worker._folder, flush=True)
    input()
"""


def test_parent_that_ends_without_closing():
    """Python 3.12 starts no thread while it exits."""
    parent = subprocess.Popen(
        [sys.executable, "-c", LEAVING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    pid, folder = parent.stdout.readline().split()
    worker = psutil.Process(int(pid))
    everything = [worker, *worker.children(recursive=True)]
    memory = shared_memory(everything)
    _, errors = parent.communicate("\n", timeout=30)
    assert parent.returncode == 0
    assert not errors
    assert_gone(everything)
    assert not Path(folder).exists()
    assert memory
    assert not memory & set(os.listdir("/dev/shm"))
