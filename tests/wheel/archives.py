"""The wheel and the source distribution of this checkout, and whether they hold what they should."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from environment import ROOT, UV
from packaging.metadata import Metadata

AT_THE_TOP = {".git", ".venv", "build", "dist", "runs", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}
"""What is made in a checkout, and is no source."""
PACKAGES = (".", "backends", "firmware")
"""The folders whose `neurosim*` are packages."""
LICENCES = ("LICENSE", "digits-LICENSE.txt")
BESIDE = ("README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "Makefile", "constraints.txt", "pyproject.toml")
BUILD = ("setup.py",)
"""Puts the scenarios into the wheel."""
FOLDERS = ("docs/", "scenarios/", "tests/", "benchmarks/", "firmware/rtl/", "changelog.d/")
"""What a source distribution has as well, so that who gets it can test and read."""


@dataclass(frozen=True)
class Archives:
    """What was built.

    Attributes
    ----------
    wheel, source
        The two files.
    """

    wheel: Path
    source: Path

    def faults(self) -> Iterator[str]:
        """A line for each thing that is not as it should be."""
        with zipfile.ZipFile(self.wheel) as archive:
            inside = {n: archive.read(n) for n in archive.namelist() if not n.endswith("/")}
        [about] = [n for n in inside if n.endswith(".dist-info/METADATA")]
        texts = {Path(n).name for n in inside if ".dist-info/licenses/" in n}
        yield from (f"the wheel lacks the licence {name}" for name in LICENCES if name not in texts)
        yield from (f"the wheel lacks {n}, or has another" for n, c in packaged().items() if inside.get(n) != c)
        Metadata.from_email(inside[about], validate=True)  # raises for what an index would refuse
        sought = (*BESIDE, *BUILD, *in_source())
        with tarfile.open(self.source) as archive:
            names = {name.partition("/")[2] for name in archive.getnames()}
        yield from (f"the source distribution lacks {name}" for name in sought if name not in names)


def built(folder: Path) -> Archives:
    """The source distribution of a copy of the checkout that has nothing of earlier builds, and the wheel of that."""
    copy = folder / "checkout"
    shutil.copytree(ROOT, copy, ignore=made)
    subprocess.run([UV, "build", "-q", "--out-dir", folder / "dist", copy], check=True)
    [wheel], [source] = (list((folder / "dist").glob(pattern)) for pattern in ("*.whl", "*.tar.gz"))
    return Archives(wheel, source)


def made(folder: str, names: list[str]) -> set[str]:
    """The names in a folder of the checkout that are not copied."""
    left_out = {n for n in names if n == "__pycache__" or n.endswith(".egg-info")}
    return left_out | (AT_THE_TOP & set(names) if Path(folder) == ROOT else set())


def packaged() -> dict[str, bytes]:
    """All files of the packages, code or not, by the names that they have when they are installed."""
    folders = [folder for parent in PACKAGES for folder in (ROOT / parent).glob("neurosim*") if _is_package(folder)]
    return {
        str(file.relative_to(folder.parent)): file.read_bytes()
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def _is_package(folder: Path) -> bool:
    return (folder / "__init__.py").is_file()


def in_source() -> list[str]:
    """The files of the folders that only the source distribution has."""
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*") if file.is_file()]
    return [str(file.relative_to(ROOT)) for file in files if "__pycache__" not in file.parts]
