"""Presets of devices: what is published, no more; figures beside a preset take the place of its own."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.device import mock
from neurosim.device.presets import PRESETS
from neurosim.device.silicon import Silicon
from neurosim.device.table import DeviceTable
from neurosim.errors import ModelError


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_its_figures_and_tells_its_source(name: str) -> None:
    chip = mock(preset=name)
    assert chip.silicon == Silicon(**PRESETS[name].figures) != Silicon()
    [note] = chip.capabilities().notes.values()
    assert PRESETS[name].source in note
    assert PRESETS[name].left_out in note
    assert f"preset {name}" in repr(chip)


@pytest.mark.parametrize("name", PRESETS)
def test_a_file_has_the_same_chip(name: str) -> None:
    table = DeviceTable.model_validate({"preset": name, "gain": 0.2})
    assert table.silicon() == mock(preset=name, gain=0.2).silicon


def test_a_figure_beside_a_preset_takes_the_place_of_its_own() -> None:
    assert mock(preset="reram", reprogram=7).silicon == Silicon(write_noise=0.01, reprogram=7)
    assert mock(preset="dynapse2", mismatch={"theta": 0.3}).silicon == Silicon(mismatch={"theta": 0.3})
    assert DeviceTable.model_validate({"preset": "pcm", "write_noise": 0.0}).silicon() == Silicon()


def test_the_noise_of_phase_change_memory_is_the_root_mean_square_of_what_is_published() -> None:
    g = np.linspace(0, 1, 100_001)
    rms = np.sqrt(np.mean((-1.1731 * g**2 + 1.965 * g + 0.2635) ** 2)) / 25
    assert mock(preset="pcm").silicon.write_noise == pytest.approx(rms, abs=5e-5)


def test_other_figures_of_a_chip_are_no_preset_any_more() -> None:
    assert "preset" not in repr(mock(preset="pcm").with_silicon("other", Silicon(gain=0.1)))


def test_a_preset_that_there_is_not_is_told_the_nearest() -> None:
    with pytest.raises(ModelError, match=r"no preset 'hfo'; did you mean 'hfo2'\?"):
        mock(preset="hfo")
