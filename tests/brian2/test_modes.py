"""Which mode runs where, and what the modes in this process leave behind."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from neurosim.backend import registry
from neurosim.edges import optional_packages
from neurosim.errors import BackendUnavailable
from neurosim.testing.cases.small import CASES

neurosim_brian2 = pytest.importorskip("neurosim_brian2")
brian2 = pytest.importorskip("brian2")

from neurosim_brian2 import backend  # noqa: E402
from neurosim_brian2.building import compiler  # noqa: E402


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "compiler", lambda: None)


@pytest.mark.usefixtures("no_compiler")
def test_without_a_compiler_numpy_is_the_default_and_a_warning_says_so() -> None:
    with pytest.warns(UserWarning, match=r"g\+\+"):
        loaded, mode = registry.load("brian2")
    assert mode == "numpy"
    with pytest.warns(UserWarning, match=r"g\+\+"), loaded.compile(CASES["ep_one_sided"](0.1).program()) as session:
        assert session.mode == "numpy"  # type: ignore[attr-defined]


@pytest.mark.usefixtures("no_compiler")
@pytest.mark.filterwarnings("ignore:brian2")
@pytest.mark.parametrize("mode", backend.COMPILED)
def test_a_compiled_mode_without_a_compiler_is_refused(mode: str) -> None:
    loaded, mode = registry.load(f"brian2:{mode}")
    with pytest.raises(BackendUnavailable, match=r"install g\+\+"):
        loaded.compile(CASES["ep_one_sided"](0.1).program(), mode=mode)


def test_without_brian2_the_command_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(package: str) -> str:
        raise PackageNotFoundError(package)

    monkeypatch.setattr(optional_packages, "version", missing)
    with pytest.raises(BackendUnavailable, match=r"pip install 'neurosim\[brian2\]'"):
        neurosim_brian2.Brian2Backend().versions()


def test_an_instance_looks_for_the_compiler_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []

    def compiler_of_this_machine() -> None:
        looks.append(1)

    monkeypatch.setattr(compiler, "compiler", compiler_of_this_machine)
    loaded = neurosim_brian2.Brian2Backend()
    case = CASES["ep_one_sided"](0.1)
    with pytest.warns(UserWarning, match=r"g\+\+"), loaded.compile(case.program()) as session:
        session.run(case.trials)
    assert loaded.versions() == loaded.versions()
    assert len(looks) == 1


def test_a_copy_in_another_process_looks_for_versions_and_the_compiler_anew() -> None:
    loaded = neurosim_brian2.Brian2Backend()
    expected = loaded.versions()
    copied = pickle.loads(pickle.dumps(loaded))
    assert not vars(copied)
    assert copied.versions() == expected


def test_versions_are_given_as_copies() -> None:
    loaded = neurosim_brian2.Brian2Backend()
    loaded.versions().clear()
    assert loaded.versions()


def test_the_package_imports_no_brian2() -> None:
    script = "import sys, neurosim_brian2; neurosim_brian2.Brian2Backend().versions(); print('brian2' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_a_session_in_this_process_leaves_preferences_as_they_were() -> None:
    names = ("codegen.target", "codegen.loop_invariant_optimisations", "codegen.cpp.extra_compile_args_gcc")
    before = [brian2.prefs[n] for n in names]
    case = CASES["ep_one_sided"](0.1)
    with registry.load("brian2")[0].compile(case.program(), mode="numpy") as session:
        session.run(case.trials)
    assert [brian2.prefs[n] for n in names] == before


def test_two_sessions_in_this_process_do_not_meet() -> None:
    case = CASES["ep_one_sided"](0.1)
    loaded, _ = registry.load("brian2")
    with (
        loaded.compile(case.program(), mode="numpy") as first,
        loaded.compile(case.program(), mode="numpy") as second,
    ):
        first.write(case.learned)
        first.run(case.trials)
        assert not second.read()["hidden.bias"].any()


def test_a_warning_is_one_line_also_behind_the_import_of_brian2(tmp_path: Path) -> None:
    """Brian2 would log it, with the place in the source, each time."""
    scenario = Path(__file__).parents[1] / "digits_sleep.toml"
    text = scenario.read_text().replace("size = 256", "size = 4").replace("test = 360", "test = 20")
    text = text.replace("validation = 287", "train = 20").replace("steps = 747", "steps = 9")
    (tmp_path / "small.toml").write_text(text)
    command = [sys.executable, "-c", "from neurosim.cli import app; app()", "run", "small.toml", "--backend", "brian2"]
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr.startswith("warning: brian2: no C++ compiler (g++) found")
    assert done.stderr.count("\n") == 1
