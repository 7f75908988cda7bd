"""Mode `fused` gives what the reference gives, bit by bit, from networks that are kept and grow."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import numpy as np
import psutil
import pytest

from neurosim.backend.contract import Records, Session
from neurosim.backend.reference import ReferenceBackend
from neurosim.edges import optional_packages
from neurosim.errors import BackendUnavailable, InputError, NumericalError
from neurosim.program.precision import Float64, Grid
from neurosim.program.schedule import Events, Trials
from neurosim.program.source import blocks
from neurosim.testing.cases.small import CASES
from neurosim_lava import backend as backend_module
from neurosim_lava import session as session_module
from neurosim_lava.fused.session import FusedSession


def run(session: Session, case, program) -> Records:
    session.write(case.learned_for(program))
    return session.run(case.trials, constants=case.constants, learn=case.learn)


def assert_equal(a: Session, first: Records, b: Session, second: Records) -> None:
    learned = b.read()
    for name, values in a.read().items():
        np.testing.assert_array_equal(values, learned[name], err_msg=name)
    assert first.probes.keys() == second.probes.keys()
    for name, values in first.probes.items():
        other = second[name]
        if isinstance(values, Events):
            np.testing.assert_array_equal(values.offsets, other.offsets, err_msg=name)
            values, other = values.indices, other.indices
        np.testing.assert_array_equal(values, other, err_msg=name)


@pytest.mark.parametrize("precision", [Float64(), Grid()], ids=["float64", "grid"])
@pytest.mark.parametrize("name", CASES)
def test_equals_reference(backend, name, precision):
    case = CASES[name](1.0)
    program = case.program(precision)
    reference = ReferenceBackend().compile(program)
    with backend.compile(program) as session:
        assert_equal(reference, run(reference, case, program), session, run(session, case, program))


@pytest.mark.parametrize("name", ["ep_one_sided", "recurrent_spiking", "novel"])
def test_parts_do_not_matter(backend, name, monkeypatch):
    case = CASES[name](1.0)
    program = case.program()
    reference = ReferenceBackend().compile(program)
    monkeypatch.setattr(FusedSession, "steps_of_first_part", 1)
    monkeypatch.setattr(session_module, "SECONDS_OF_A_PART", 0.0)
    seen = []
    with backend.compile(program) as session:
        session.write(case.learned)
        records = session.run(case.trials, constants=case.constants, progress=lambda *counts: seen.append(counts))
        assert_equal(reference, run(reference, case, program), session, records)
    assert seen == [(k + 1, case.trials.count) for k in range(case.trials.count)]


@pytest.mark.parametrize("name", ["ep_inference", "recurrent_spiking"])
def test_blocks_of_trials_do_not_matter(backend, name, monkeypatch):
    """Trials in which no rule fires run many at once."""
    case = CASES[name](1.0)
    program = case.program()
    reference = ReferenceBackend().compile(program)
    expected = run(reference, case, program)
    monkeypatch.setattr(blocks, "MOST_TRIALS", 2)
    with backend.compile(program) as session:
        assert_equal(reference, expected, session, run(session, case, program))


def test_network_is_kept(session, case):
    processes = children(session)
    for _ in range(3):
        assert session.run(case.trials).timing.build < 0.02
    assert children(session) == processes


def test_sessions_share_a_worker_and_take_turns(backend, session, case):
    """Another session may even run while one is in the middle of its run."""
    other = CASES["sleep"](0.2)
    program = other.program()
    expected = ReferenceBackend().compile(case.program())
    expected.write(session.read())
    with backend.compile(program) as second:
        nested = session.run(case.trials, progress=lambda done, total: run(second, other, program))
        assert second._worker is session._worker
        assert_equal(expected, expected.run(case.trials), session, nested)


def test_closing_stops_the_network(session):
    worker = session._worker
    before = children(session)
    session.close()
    assert len(psutil.Process(worker.pid).children(recursive=True)) < len(before)
    assert worker.alive()


def test_grows(backend, session, case):
    """Far more trials than the first memory has room for."""
    few = children(session)
    many = Trials({n: np.tile(a, (80, 1)) for n, a in case.trials.stimuli.items()})
    session._steps = 10**9
    expected = ReferenceBackend().compile(case.program())
    expected.write(session.read())
    assert_equal(expected, expected.run(many), session, session.run(many))
    assert children(session) != few


def test_grows_in_the_middle_of_a_run(backend):
    """What has been learned so far survives the exchange of the network."""
    case = CASES["novel"](100.0)
    program = case.program()
    expected = ReferenceBackend().compile(program)
    processes = []
    with backend.compile(program) as session:
        session._steps = 1
        session._adapt = lambda run, trials, seconds: setattr(session, "_steps", 10**9)
        session.write(case.learned)
        records = session.run(case.trials, progress=lambda done, total: processes.append(children(session)))
        assert_equal(expected, run(expected, case, program), session, records)
    assert len(processes) == 2
    assert processes[0] != processes[1]


def test_no_trials(session, case):
    before = session.read()
    records = session.run(Trials({n: a[:0] for n, a in case.trials.stimuli.items()}))
    assert records["output.s@end:free"].shape == (0, 5)
    assert all((before[n] == a).all() for n, a in session.read().items())


def test_not_finite_is_located(backend):
    case = CASES["novel"](1.0)
    with backend.compile(case.program()) as session:
        session.write(case.learned)
        with pytest.raises(NumericalError, match=r"input_middle.w became .* in trial 0, step"):
            session.run(case.trials, constants={"input_middle.oja.lr": 1e200})
        for name, values in session.read().items():
            np.testing.assert_array_equal(values, case.learned[name])
        session.run(case.trials)


def test_standard_output_stays_clean():
    script = """if True:
        from neurosim_lava import LavaBackend
        from neurosim.testing.cases.small import CASES
        case = CASES["ep_one_sided"](0.1)
        with LavaBackend().compile(case.program()) as session:
            session.run(case.trials)
        import sys
        print(sorted(m for m in sys.modules if m.split(".")[0] == "lava"))
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_says_how_to_install(monkeypatch):
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(optional_packages, "version", missing)
    with pytest.raises(BackendUnavailable, match=r"backend lava needs Lava: uv pip install 'neurosim\[lava\]'"):
        backend_module.LavaBackend().versions()


def test_deadline_from_the_environment(monkeypatch):
    monkeypatch.setenv("NEUROSIM_DEADLINE", "12.5")
    assert backend_module.LavaBackend().deadline == 12.5
    monkeypatch.setenv("NEUROSIM_DEADLINE", "soon")
    with pytest.raises(InputError, match="NEUROSIM_DEADLINE is 'soon'"):
        backend_module.LavaBackend()


def children(session) -> set[int]:
    return {p.pid for p in psutil.Process(session._worker.pid).children(recursive=True)}
