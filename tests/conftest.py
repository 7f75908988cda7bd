"""Compiled programs are kept between test runs, in pytest's own cache folder; nothing touches the user's."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def compiled_programs_are_shared(pytestconfig: pytest.Config) -> Iterator[None]:
    before = os.environ.get("NEUROSIM_CACHE")
    os.environ.setdefault("NEUROSIM_CACHE", str(pytestconfig.cache.mkdir("neurosim")))
    yield
    if before is None:
        del os.environ["NEUROSIM_CACHE"]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """An interrupt raises KeyboardInterrupt, also where this process was started to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
