"""Damaged frames and programs that are none do not harm the device, which has sanitizers where the compiler does."""

from __future__ import annotations

from pathlib import Path

import pytest
from device_protocol.fuzz import PER_BATCH, a_batch, check_batch, fuzzed_device


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    binary = tmp_path_factory.mktemp("fuzzed") / "device"
    fuzzed_device(binary)
    return binary


@pytest.mark.parametrize("seed", range(4))
def test_no_frame_harms_the_device(fuzzed: Path, seed: int) -> None:
    outcomes = check_batch(fuzzed, a_batch(seed, PER_BATCH))
    assert outcomes.total() == PER_BATCH
    assert min(outcomes[name] for name in ("programs taken", "trials run", "refused with code 5")) > PER_BATCH // 50
