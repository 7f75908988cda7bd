"""The packages of `packages/`, as if they were installed: modules beside dist-info folders, on the path of modules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parent / "packages"


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install them for a test; what it imports of them is forgotten behind it."""
    monkeypatch.syspath_prepend(str(PACKAGES))
    yield PACKAGES
    for name in [name for name in sys.modules if (PACKAGES / f"{name}.py").is_file()]:
        del sys.modules[name]
