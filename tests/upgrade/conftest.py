"""The samples of every release, and copies of their run directories, for reading must not change the samples."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from releases import RELEASES, SAMPLES


@pytest.fixture(params=RELEASES)
def samples(request: pytest.FixtureRequest) -> Path:
    """The samples of a release."""
    return SAMPLES / str(request.param)


@pytest.fixture
def numbers(samples: Path) -> Callable[[str], Any]:
    """The numbers that are stored beside a sample."""
    return lambda name: json.loads((samples / name).read_text())


@pytest.fixture
def run_directory(samples: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a run directory."""
    return lambda name: shutil.copytree(samples / "run_directories" / name, tmp_path / name)
