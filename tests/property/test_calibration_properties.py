"""Trims are within half a step of the best, and heads give back any text."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import neurosim as ns
from neurosim.device.calibration.calibration import Calibration
from neurosim.device.calibration.trims import factors, shifts

BITS = st.integers(2, 16)


@given(BITS, st.floats(0.55, 100.0))
def test_a_trimmed_factor_is_within_half_a_step_of_one(bits: int, found: float) -> None:
    half = 2.0 ** (bits - 1)
    trim = float(factors(np.array([found]), bits)[0])
    assert 1 / half <= trim <= 2 - 1 / half
    assert (trim * half).is_integer()
    if 1 / half <= 1 / found <= 2 - 1 / half:
        assert abs(trim - 1 / found) <= (0.5 + 1e-9) / half


@given(BITS, st.floats(-1.0, 1.0))
def test_a_shifted_offset_is_within_half_a_step_of_none(bits: int, found: float) -> None:
    half = 2.0 ** (bits - 1)
    shift = float(shifts(np.array([found]), bits)[0])
    assert abs(shift) < 0.25
    if abs(found) <= 0.25 - 1 / (4 * half):
        assert abs(found + shift) <= (0.5 + 1e-9) / (4 * half)


@lru_cache
def small() -> Calibration:
    net = ns.Network(
        [ns.Population("x", 1, ns.Clamp), ns.Population("h", 2, ns.RateUnit)], [ns.Projection("xh", "x", "h")]
    )
    return ns.device.calibrate(ns.device.mock(seed=1, gain=0.2), net)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=50))
def test_a_head_gives_back_any_name_of_a_device(name: str) -> None:
    with TemporaryDirectory() as folder:
        path = replace(small(), device=name).save(Path(folder) / "a.toml")
        assert Calibration.load(path).device == name
