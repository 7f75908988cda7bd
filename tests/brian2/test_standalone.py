"""The standalone mode: one binary for every setting, found again, and honest about its failures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neurosim as ns
from neurosim.backend import cache, registry
from neurosim.backend.host_session import HostSession
from neurosim.errors import BackendError, NumericalError
from neurosim.program.program import Program
from neurosim.testing.cases.small import CASES, Case
from neurosim.testing.cases.wiring import WIRING

pytest.importorskip("brian2")
standalone = pytest.importorskip("neurosim_brian2.standalone")
compiler = pytest.importorskip("neurosim_brian2.building.compiler")
if compiler.compiler() is None:
    pytest.skip("no C++ compiler", allow_module_level=True)


def session(case: Case) -> HostSession:
    program = case.program()
    backend, _ = registry.load("brian2")
    made = backend.compile(program, mode="standalone")
    made.write(case.learned_for(program))
    return made  # type: ignore[return-value]


def test_a_second_process_compiles_nothing_and_imports_no_brian2() -> None:
    session(CASES["ep_one_sided"](1.0))
    script = """
import subprocess, sys
from neurosim.backend import registry
from neurosim.testing.cases.small import CASES
case = CASES["ep_one_sided"](1.0)
backend, mode = registry.load("brian2")
with backend.compile(case.program(), mode=mode) as session:
    records = session.run(case.trials)
print(mode, records.timing.build < 1, "brian2" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["standalone", "True", "False"]


def test_constants_lengths_and_learning_are_arguments_of_one_binary(monkeypatch: pytest.MonkeyPatch) -> None:
    session(CASES["ep_one_sided"](1.0))
    monkeypatch.setattr(cache.Entry, "build", lambda *_: pytest.fail("built again"))
    for name in ("ep_one_sided", "ep_other_constants", "ep_inference"):
        case = CASES[name](0.2)
        reference = ns.load("reference")[0].compile(case.program())
        reference.write(case.learned)
        tested = session(case)
        for s in (reference, tested):
            s.run(case.trials, constants=case.constants, learn=case.learn)
        for variable, values in reference.read().items():
            np.testing.assert_allclose(tested.read()[variable], values, rtol=0, atol=1e-12)


def test_a_run_of_no_trials_changes_nothing() -> None:
    case = CASES["ep_one_sided"](1.0)
    tested = session(case)
    records = tested.run(case.trials.part(0, 0))
    assert records["output.s@end:free"].shape == (0, 5)  # type: ignore[union-attr]
    np.testing.assert_array_equal(tested.read()["hidden.bias"], case.learned["hidden.bias"])


def test_progress_begins_with_none_and_ends_with_all_trials() -> None:
    case = CASES["ep_one_sided"](1.0)
    calls: list[tuple[int, int]] = []
    session(case).run(case.trials, progress=lambda done, total: calls.append((done, total)))
    assert calls[0] == (0, case.trials.count)
    assert calls[-1] == (case.trials.count, case.trials.count)


def test_a_state_that_is_not_finite_is_located_and_weights_stay() -> None:
    case = CASES["novel"](1.0)
    tested = session(case)
    with pytest.raises(NumericalError, match=r"middle\.|input_middle\."):
        tested.run(case.trials, constants={"middle.leak": -1e200, "middle.down": 1e300})
    np.testing.assert_array_equal(tested.read()["input_middle.w"], case.learned["input_middle.w"])


def test_what_the_binary_prints_as_an_error_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Brian2 only prints a line where an array has the wrong size, and ends as if all were well."""
    case = CASES["ep_one_sided"](1.0)
    tested = session(case)
    write = standalone._write_arrays

    def write_too_little(folder: Path, run: object, learned: dict[str, np.ndarray], *others: object) -> list[str]:
        return write(folder, run, learned | {"hidden.bias": np.zeros(3)}, *others)

    monkeypatch.setattr(standalone, "_write_arrays", write_too_little)
    with pytest.raises(BackendError, match="size"):
        tested.run(case.trials)


def test_a_build_that_fails_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    monkeypatch.setattr(Program, "to_json", lambda _: "{}")
    with pytest.raises(BackendError, match="could not be built"):
        session(CASES["ep_one_sided"](1.0))
    assert not [p for p in (tmp_path / "brian2").iterdir() if p.is_dir()]


def test_another_wiring_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read when a run starts, so what another seed has wired runs on the same binary."""
    case = WIRING["sparse_spikes"](1.0)
    program = case.program(ns.Grid())
    backend, _ = registry.load("brian2")
    backend.compile(program, mode="standalone")
    monkeypatch.setattr(standalone.build, "fill", lambda *_: pytest.fail("something is compiled"))
    wired = {n: ns.Pairs([*w.pre, 0], [*w.post, 0]).wiring for n, w in program.wirings().items()}
    results = []
    for name in ("brian2", "reference"):
        other, learned = program.rewired(wired), {"pairs.w": np.append(case.learned_for(program)["pairs.w"], 0.5)}
        with registry.load(name)[0].compile(other) as opened:
            opened.write(learned)
            records = opened.run(case.trials)
            results.append((records["first.spike@step"].indices, opened.read()["pairs.w"]))
    for found, expected in zip(*results, strict=True):
        np.testing.assert_array_equal(found, expected)
