from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from device_protocol.client import Process

from neurosim_firmware import build


@pytest.fixture(scope="session")
def binary() -> Path:
    return build.host_device()


@pytest.fixture
def device(binary: Path) -> Iterator[Process]:
    process = Process(binary)
    yield process
    process.close()
