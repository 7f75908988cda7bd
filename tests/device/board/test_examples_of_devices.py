"""The examples of the how-to: a device of some lines of Python gives the reference's bits, a client talks to it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import whole_numbers

import neurosim as ns
from neurosim.device.board.backend import BoardBackend
from neurosim.program.schedule import Events
from neurosim_firmware.build import host_device

EXAMPLES = Path(__file__).parents[3] / "firmware" / "examples"
DEVICE = [sys.executable, str(EXAMPLES / "device.py")]
BOARD = BoardBackend("example", f"process:{shlex.join(DEVICE)}", deadline=60)
REFERENCE, _ = ns.load("reference")


@pytest.mark.parametrize("example", ["learning", "recurrent_spikes"])
def test_the_example_of_a_device_gives_the_bits_of_the_reference(example: str) -> None:
    given = getattr(whole_numbers, example)(2)
    found, learned = given.on(BOARD)
    expected, expected_learned = given.on(REFERENCE)
    assert found.kind == "mock"
    for name, values in expected.probes.items():
        ours = found[name]
        if isinstance(values, Events):
            assert isinstance(ours, Events)
            ours, values = ours.dense(), values.dense()
        np.testing.assert_array_equal(ours, values, name)
    for name, array in expected_learned.items():
        np.testing.assert_array_equal(learned[name], array, name)


def test_the_example_of_a_client_has_a_device_count() -> None:
    for device in (DEVICE, [str(host_device())]):
        said = subprocess.run(
            [sys.executable, str(EXAMPLES / "client.py"), *device],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert "after 5 steps: (5, 5, 5)" in said.stdout


def test_the_how_to_shows_the_client_as_it_is() -> None:
    page = (EXAMPLES.parents[1] / "docs" / "how-to" / "write-a-device.md").read_text(encoding="utf-8")
    assert (EXAMPLES / "client.py").read_text(encoding="utf-8") in page
    header = EXAMPLES.parent / "neurosim_firmware" / "device" / "platform.h"
    functions = [line for line in header.read_text(encoding="utf-8").splitlines() if "platform_" in line]
    assert functions
    assert [line for line in functions if line not in page] == []
