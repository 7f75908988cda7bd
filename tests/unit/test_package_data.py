"""What lies in packages beside code is named in `pyproject.toml`, so the wheel has it; `make test-wheel` builds one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
PACKAGES = [f for parent in SETUPTOOLS["packages"]["find"]["where"] for f in (ROOT / parent).glob("neurosim*/")]
PACKAGES = [folder for folder in PACKAGES if (folder / "__init__.py").is_file()]


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: folder.name)
def test_what_is_no_code_is_named(folder: Path) -> None:
    patterns = SETUPTOOLS["package-data"].get(folder.name, [])
    named = {file for pattern in patterns for file in folder.glob(pattern)}
    there = {file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    assert {str(f.relative_to(folder)) for f in there - named if f.suffix != ".py"} == set()


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda folder: folder.name)
def test_a_folder_with_code_is_a_package(folder: Path) -> None:
    assert [str(f) for f in {file.parent for file in folder.rglob("*.py")} if not (f / "__init__.py").is_file()] == []


def test_there_are_packages() -> None:
    assert {"neurosim", "neurosim_brian2", "neurosim_firmware"} <= {folder.name for folder in PACKAGES}
