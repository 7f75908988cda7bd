"""A virtual environment with a wheel in it, and what is there of Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
OF_THE_CALLER = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "NEUROSIM_CACHE", "NEUROSIM_DATA")
"""Variables that would bring the checkout, or its cache, into the environment."""


def python_of(version: str) -> Path | None:
    """The interpreter of a version such as 3.12: of pyenv, or on the path; None where neither has one."""
    of_pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    on_path = shutil.which(f"python{version}")
    candidates = [*of_pyenv[-1:], *([Path(on_path)] if on_path else [])]
    return next((path for path in candidates if _is(path, version)), None)


def _is(python: Path, version: str) -> bool:
    """Whether it runs and is of the version: on a path there may be a script that only says that there is none."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == version


@dataclass(frozen=True)
class Environment:
    """A fresh environment without pip.

    Attributes
    ----------
    folder
        Where it is.
    python
        The interpreter that it is made with.
    """

    folder: Path
    python: Path

    def __post_init__(self) -> None:
        subprocess.run([UV, "venv", "-q", "--clear", "--python", self.python, self.folder], check=True)

    @property
    def packages(self) -> Path:
        """The folder of what is installed."""
        return next((self.folder / "lib").glob("python*/site-packages"))

    def install(self, *requirements: str, constraints: Path | None = None, cwd: Path | None = None) -> str:
        """Install; return what uv says where it cannot. It heeds a pyproject.toml in the folder `cwd`."""
        command = [UV, "pip", "install", "-q", "--python", self.folder / "bin" / "python", *requirements]
        command += ["-c", constraints] if constraints else []
        done = subprocess.run(command, capture_output=True, text=True, cwd=cwd or self.folder, check=False)
        return done.stderr.strip() if done.returncode else ""

    def run(self, command: Sequence[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment as a user does who has no checkout."""
        variables = {n: v for n, v in os.environ.items() if n not in OF_THE_CALLER}
        variables["NEUROSIM_CACHE"] = str(self.folder / "cache")
        words = [self.folder / "bin" / command[0], *command[1:]]
        return subprocess.run(words, capture_output=True, text=True, cwd=cwd, env=variables, timeout=600, check=False)

    def size(self) -> int:
        """Bytes of all files that are installed, as they are long."""
        return sum(path.lstat().st_size for path in self.packages.rglob("*") if not path.is_dir())

    def sizes(self) -> dict[str, int]:
        """Bytes of each distribution, by its name, the largest first."""
        found = {d.name: sum(f.size or 0 for f in d.files or ()) for d in distributions(path=[str(self.packages)])}
        return dict(sorted(found.items(), key=lambda item: -item[1]))
