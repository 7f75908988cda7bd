"""Pairs of a gap and a mantissa turn what is stored into what is wanted, as the page of the protocol reads them."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from neurosim.device.board.deltas import between


def applied(stored: NDArray[np.int16], pairs: bytes) -> NDArray[np.int16]:
    found, at = stored.copy(), -1
    for gap, mantissa in struct.iter_unpack("<Hh", pairs):
        at += 65_534 if gap == 0xFFFF else gap
        if gap != 0xFFFF:
            found[at] = mantissa
    return found


@given(
    st.lists(st.sampled_from([0, 1, 65_532, 65_533, 65_534, 65_535, 131_067, 131_068, 199_999]), unique=True),
    st.integers(-256, 255),
)
def test_pairs_give_what_is_wanted(places: list[int], mantissa: int) -> None:
    stored = np.arange(200_000, dtype=np.int16)
    wanted = stored.copy()
    wanted[places] = mantissa
    np.testing.assert_array_equal(applied(stored, between(stored, wanted)), wanted)


def test_equal_matrices_have_no_pairs() -> None:
    stored = np.arange(100, dtype=np.int16)
    assert between(stored, stored.copy()) == b""


def test_a_change_has_four_bytes() -> None:
    stored = np.zeros(1000, np.int16)
    wanted = stored.copy()
    wanted[[3, 500, 999]] = 7
    assert len(between(stored, wanted)) == 12
