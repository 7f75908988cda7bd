"""Compiled programs are kept between test runs, in pytest's own cache folder; nothing touches the user's."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

sys.path.append(str(Path(__file__).parent))  # modules that tests of several folders share

for name in ("COLUMNS", "LINES"):  # a console keeps for good what these say while it is made
    os.environ.pop(name, None)


@pytest.fixture(scope="session", autouse=True)
def compiled_programs_are_shared(pytestconfig: pytest.Config) -> Iterator[None]:
    before = os.environ.get("NEUROSIM_CACHE")
    folder = pytestconfig.cache.mkdir("neurosim")
    folder.chmod(0o700)  # whatever the umask
    os.environ.setdefault("NEUROSIM_CACHE", str(folder))
    yield
    if before is None:
        del os.environ["NEUROSIM_CACHE"]


@pytest.fixture
def new_children() -> Callable[[], list[psutil.Process]]:
    """The processes that this one has started since, with theirs: others stay for the tests that follow."""

    def children() -> list[psutil.Process]:
        return psutil.Process().children(recursive=True)

    before = {child.pid for child in children()}
    return lambda: [child for child in children() if child.pid not in before]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """An interrupt raises KeyboardInterrupt, also where this process was started to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    code: int
    out: str
    err: str


IMPORTED = [
    *(
        "random",
        "numpy",
        "threading",
        "runpy",
        "pickle",
        "signal",
        "socket",
        "tempfile",
        "subprocess",
        "json",
        "struct",
    ),
    *("logging", "selectors", "filelock", "typer", "rich", "brian2", "nengo", "lava", "scipy", "sympy", "Cython"),
    *("neurosim_brian2", "neurosim_lava"),
]
"""What some process of neurosim imports while it starts or later."""


@pytest.fixture
def foreign_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which everything has the name of something that is imported, or that Brian2 or Cython reads.

    Whatever takes anything from there is found out.
    """
    folder = tmp_path_factory.mktemp("foreign")
    taken = folder / "taken"
    module = (
        f"open({str(taken)!r}, 'a').write(__name__ + ' ')\nraise ImportError(__name__ + ' of the working folder')\n"
    )
    for name in IMPORTED:
        (folder / f"{name}.py").write_text(module)
    for name in ("neurosim", "execnet", "joblib", "multiprocessing"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(module)
    (folder / "brian_preferences").write_text(f"codegen.target = open({str(taken)!r}, 'a').write('preferences ')\n")
    (folder / "numpy.pxd").write_text("not Cython\n")
    yield folder
    assert not taken.exists(), f"taken from the working folder: {taken.read_text()}"


@pytest.fixture
def columns() -> int:
    """How wide the command line's terminal is."""
    return 400


@pytest.fixture
def neurosim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int) -> Callable[..., Finished]:
    """Run the command line in this process, in an empty folder; an exception it does not explain comes through."""
    from typer.testing import CliRunner

    from neurosim.cli import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(columns))

    def call(*arguments: object) -> Finished:
        result = CliRunner().invoke(app, [str(a) for a in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Finished(result.exit_code, result.stdout, result.stderr)

    return call
