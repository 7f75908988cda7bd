"""Whatever surrounds a command, it ends in its result or in one paragraph, and never in a traceback."""

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from neurosim.backend import registry
from neurosim.backend.reference import ReferenceBackend, ReferenceSession

READING = ("run", "compare", "search", "loihi", "map", "pretrain")
"""Commands that read a scenario."""


def one_paragraph(done: object, *texts: str) -> None:
    code, out, err = (getattr(done, n) for n in ("code", "out", "err"))
    assert code == 2, err
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert len(err) < 1000
    assert "did not foresee" not in err
    for text in texts:
        assert text in err


def folder(path: Path) -> None:
    path.mkdir()


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


def circle(path: Path) -> None:
    path.symlink_to(path)


def text(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (folder, "it is a folder, expected a regular file"),
        (fifo, "it is a named pipe, expected a regular file"),
        (device, "it is a device, expected a regular file"),
        (huge, "expected at most 16,777,216"),
        (circle, "symbolic link"),
        (text(b"\x7fELF\x02\x01\x01\xff\x00"), "not text in UTF-8"),
        (text(b"\0" * 100), "not TOML"),
        (text(b"x = " + b"[" * 100_000), "more than 30 tables and lists"),
        (text(b"x = " + b"{ x = " * 900 + b"1" + b"}" * 900), "more than 30 tables and lists"),
        (text(b"a." * 100_000 + b"a = 1"), "more than 30 tables and lists"),
        (text(b"x = " + b"9" * 100_000), "not TOML"),
        (text(b"[network.population.a]\nsize = 1" + b"0" * 300), "'network.population.a.size': a whole number of TOML"),
        (text(b""), "'scenario' is missing"),
    ],
)
def test_a_scenario_that_is_none(
    neurosim, tmp_path: Path, command: str, make: Callable[[Path], None], said: str
) -> None:
    make(tmp_path / "s.toml")
    one_paragraph(neurosim(command, "s.toml"), "s.toml", said)


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("name", ["x" * 5000, "no/such/folder/s.toml", os.fsdecode(b"\xff.toml"), "s.toml/s.toml"])
def test_a_name_of_nothing(neurosim, tmp_path: Path, command: str, name: str) -> None:
    (tmp_path / "s.toml").write_text("")
    done = neurosim(command, name)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert "did not foresee" not in done.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to root")
@pytest.mark.parametrize("command", READING)
def test_a_scenario_that_may_not_be_read(neurosim, tiny, command: str) -> None:
    tiny().chmod(0)
    one_paragraph(neurosim(command, "tiny.toml"), "Permission denied")


def test_a_byte_order_mark_is_no_part_of_a_file(neurosim, tiny) -> None:
    path = tiny()
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert neurosim("run", path, "--json").code == 0
    [run] = Path("runs").iterdir()
    assert not (run / "scenario.toml").read_bytes().startswith(b"\xef"), "what is kept is read by others, too"
    assert neurosim("resume", run).code == 0
    assert neurosim("map", path).code == 0


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        ("run", ["--out", "file"], "file"),
        ("run", ["--out", "file/below"], "file"),
        ("map", ["--out", "folder.svg"], "folder.svg: cannot be written (it is a folder"),
        ("map", ["--out", "absent/x.svg"], "absent/x.svg: there is no folder absent"),
    ],
)
def test_a_place_that_cannot_be_written(neurosim, tiny, command: str, options: list[str], said: str) -> None:
    Path("file").write_text("")
    Path("folder.svg").mkdir()
    one_paragraph(neurosim(command, tiny(), *options), said)


@pytest.mark.parametrize("path", ["absent", "file", "fifo"])
def test_resume_of_no_run(neurosim, tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "fifo")
    one_paragraph(neurosim("resume", path), path)


@pytest.mark.parametrize("command", ["run", "compare", "map", "resume", "loihi"])
def test_a_working_folder_that_is_gone(neurosim, tiny, tmp_path: Path, monkeypatch, command: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    path = tiny()
    monkeypatch.chdir(gone)
    gone.rmdir()
    options = {"compare": ["--backends", "reference"]}.get(command, [])
    done = neurosim_in_place(command, path, *options)
    assert done.code in (0, 2)
    if done.code:
        one_paragraph(done)


def neurosim_in_place(*arguments: object) -> object:
    """As the fixture, but in the folder that is the working one."""
    from typer.testing import CliRunner

    from neurosim.cli import app

    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return SimpleNamespace(code=result.exit_code, out=result.stdout, err=result.stderr)


@pytest.mark.parametrize(
    "environment",
    [{"HOME": ""}, {"HOME": "/proc/nowhere"}, {"HOME": None, "XDG_CACHE_HOME": None}, {"PATH": ""}, {"TERM": "dumb"},
     {"COLUMNS": "nonsense"}, {"COLUMNS": "1"}, {"COLUMNS": "0"}],
)  # fmt: skip
def test_a_run_in_odd_surroundings(neurosim, tiny, monkeypatch, environment: dict[str, str | None]) -> None:
    for name, value in environment.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    done = neurosim("run", tiny())
    assert (done.code, done.err) == (0, "")


def test_one_warning_without_a_compiler(neurosim, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    done = neurosim("backends")
    assert done.code == 0
    assert done.err == "warning: brian2: no C++ compiler (g++) found; mode numpy is used, which is far slower\n"


# what fails inside


class Failing(ReferenceBackend):
    """Raises what a test asks for, where it asks for it."""

    name = "failing"
    error: BaseException = ValueError("something\nof its own")
    where = "run"

    def compile(self, program, *, mode: str = "default"):  # type: ignore[no-untyped-def]
        if self.where == "compile":
            raise self.error
        session = ReferenceSession(program, self, "numpy")
        if self.where == "run":
            session.simulate = self._fail  # type: ignore[method-assign]
        return session

    def _fail(self, *arguments: object) -> object:
        raise self.error

    def versions(self) -> dict[str, str]:
        if self.where == "versions":
            raise self.error
        return super().versions()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> type[Failing]:
    entry = importlib.metadata.EntryPoint("failing", f"{__name__}:Failing", registry.GROUP)
    reference = importlib.metadata.EntryPoint(
        "reference", "neurosim.backend.reference:ReferenceBackend", registry.GROUP
    )
    monkeypatch.setattr(
        importlib.metadata.EntryPoint, "load", lambda e: Failing if e.name == "failing" else ReferenceBackend
    )
    monkeypatch.setattr(registry, "installed", lambda group: [reference, entry])
    for name in ("error", "where"):
        monkeypatch.setattr(Failing, name, getattr(Failing, name))
    return Failing


@pytest.mark.parametrize("command", ["run", "compare"])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("first line\nlast line"), "ValueError: last line"),
        (RecursionError("too deep"), "RecursionError: too deep"),
        (OverflowError("too large"), "OverflowError: too large"),
        (OSError(28, "No space left on device", "/some/file"), "No space left on device"),
        (AssertionError(), "AssertionError"),
        (BrokenPipeError(), "BrokenPipeError"),
    ],
)
@pytest.mark.parametrize("where", ["compile", "run"])
def test_a_simulator_that_fails(neurosim, tiny, failing, command: str, error: Exception, said: str, where: str) -> None:
    failing.error, failing.where = error, where
    done = neurosim(command, tiny(), "--backends", "failing")
    one_paragraph(done, "backend failing:numpy", said)
    assert not Path("runs").exists()


@pytest.mark.parametrize("where", ["compile", "run"])
def test_memory_that_is_short_is_told_as_that(neurosim, tiny, failing, where: str) -> None:
    failing.error, failing.where = MemoryError("Unable to allocate 7 TiB"), where
    one_paragraph(neurosim("run", tiny(), "--backends", "failing"), "not enough memory", "7 TiB", "--jobs")


def test_what_nobody_foresaw_asks_for_a_report_and_the_variable_shows_the_rest(neurosim, tiny, monkeypatch) -> None:
    from neurosim.scenario.schema import DataTable

    def broken(*arguments: object, **named: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(DataTable, "build", broken)
    done = neurosim("run", tiny())
    assert (done.code, done.out) == (2, "")
    said = "KeyError: 'oops'; please report it, with what NEUROSIM_TRACEBACK=1 shows"
    assert done.err == f"error: neurosim did not foresee this: {said}\n"
    monkeypatch.setenv("NEUROSIM_TRACEBACK", "1")
    shown = neurosim("run", tiny()).err
    assert "Traceback (most recent call last)" in shown
    assert shown.endswith(done.err)


def test_a_backend_that_cannot_tell_its_versions_is_unavailable(neurosim, tiny, failing) -> None:
    failing.error, failing.where = KeyError("oops"), "versions"
    said = "backend failing cannot tell its versions", "KeyError: 'oops'"
    one_paragraph(neurosim("run", tiny(), "--backends", "failing"), *said)
    assert all(text in neurosim("backends").out for text in said)


def test_a_backend_that_cannot_be_made_is_unavailable(neurosim, tiny, failing, monkeypatch) -> None:
    def broken(self: object) -> None:
        raise RuntimeError("no licence")

    monkeypatch.setattr(Failing, "__init__", broken)
    one_paragraph(neurosim("run", tiny(), "--backend", "failing"), "backend failing: it cannot be made", "no licence")
    assert "no licence" in neurosim("backends").out
    assert "no licence" in neurosim("compare", tiny(), "--backends", "failing").err


def test_output_that_fits_no_disk(tiny, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from neurosim.cli import app; app()", "map", str(tiny()), "--json"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (2, "error: No space left on device\n")


# packages that are missing


@pytest.fixture
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch is neither installed nor importable."""
    known = importlib.metadata.version

    def version(name: str) -> str:
        if name == "torch":
            raise importlib.metadata.PackageNotFoundError(name)
        return known(name)

    from neurosim.edges import optional_packages

    monkeypatch.setattr(optional_packages, "version", version)
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [n for n in sys.modules if n.startswith(("neurosim_torch.training.trainer", "torch."))]:
        monkeypatch.delitem(sys.modules, name)


GRADIENT = """
[data]
name = "digits"
test = 60
validation = 1637

[stream]
kind = "class-incremental"
increment = 5

[network.population.input]
size = 64
wake = { model = "Clamp" }

[network.population.output]
size = 10
wake = { model = "LeakyReadout" }

[network.projection.through]
pre = "input"
post = "output"
"""
BY_GRADIENTS = 'input = "input"\noutput = "output"\nsteps = 2\nlr = 0.01\n'


def gradient(path: Path, table: str) -> Path:
    path.write_text(f'[scenario]\nname = "g"\n{GRADIENT}\n{table}{BY_GRADIENTS}')
    return path


@pytest.mark.parametrize("table", ['[training]\nmethod = "gradient"\n', "[pretraining]\n"])
@pytest.mark.parametrize("command", ["run", "compare", "loihi", "pretrain"])
def test_training_by_gradients_without_pytorch(
    neurosim, tmp_path: Path, without_torch, command: str, table: str
) -> None:
    path = gradient(tmp_path / "g.toml", table)
    if table == "[pretraining]\n":
        path.write_text(path.read_text().replace('kind = "class-incremental"\nincrement = 5', 'kind = "joint"'))
    elif command == "pretrain":
        return  # has nothing to pretrain
    options = ["--backends", "reference"] if command == "compare" else []
    one_paragraph(
        neurosim(command, path, *options), "training by gradients needs PyTorch: pip install 'neurosim[torch]'"
    )
    assert not Path("runs").exists()


def test_a_run_whose_weights_come_from_a_file_needs_no_pytorch(neurosim, tmp_path: Path, without_torch) -> None:
    from neurosim.results import pretrained
    from neurosim.scenario import schema

    path = gradient(tmp_path / "g.toml", '[pretraining]\nfile = "g.h5"\n')
    path.write_text(path.read_text().replace('kind = "class-incremental"\nincrement = 5', 'kind = "joint"'))
    scenario = schema.read(path)
    network = scenario.build_network()
    learned = scenario.initial_weights(network, 0)
    pretrained.write(pretrained.Pretrained(network, learned, {}), tmp_path / "g.h5")
    assert neurosim("run", path).code == 0
    [run] = Path("runs").iterdir()
    assert neurosim("resume", run).code == 0
    assert neurosim("compare", path, "--backends", "reference").code == 0


def test_compare_takes_what_is_installed(neurosim, tiny, failing) -> None:
    failing.where = "nowhere"
    done = neurosim("compare", tiny())
    assert done.code == 0
    assert "reference:numpy" in done.out
    assert [line.split(":")[0] for line in done.err.splitlines()] == ["left out"] * 3


@pytest.mark.parametrize("package", ["optuna", "tomlkit"])
def test_a_search_without_its_packages(neurosim, tiny, monkeypatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for name in ("neurosim.scenario.search.search", "neurosim.scenario.search.ranges"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    one_paragraph(neurosim("search", tiny()), "a search needs Optuna and tomlkit: pip install 'neurosim[search]'")


def test_a_package_of_neurosim_itself_that_is_missing(neurosim, tiny, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "joblib", None)
    done = neurosim("run", tiny(), "--seeds", "0,1", "--jobs", "2")
    one_paragraph(done, "the Python package 'joblib' is missing")
