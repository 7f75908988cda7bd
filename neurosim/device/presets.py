"""Figures of chips and of memories that somebody has published, as far as they are figures of `Silicon`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neurosim.device.silicon import Silicon
from neurosim.errors import ModelError, nearest


@dataclass(frozen=True)
class Preset:
    """Figures with their source.

    Attributes
    ----------
    figures
        Those of `Silicon`, by name.
    source
        Where they are published.
    left_out
        What the source has beside them, that no figure says.
    """

    figures: Mapping[str, Any]
    source: str
    left_out: str

    @property
    def note(self) -> str:
        """What a reader of results must know."""
        return f"{self.source}; without {self.left_out}"


DYNAPSE2 = Preset(
    {"mismatch": {"tau_mem": 0.1, "tau_syn": 0.1, "theta": 0.1}},
    "sd 0.10 of each parameter (rockpool, transform/mismatch.py: 30 % at three standard deviations)",
    "the mismatch of its synaptic weights, and parameters that the models here have not",
)
"""Of a simulator of DYNAP-SE2, not measured on chips: no readable measurement was found."""

PCM = Preset(
    {"write_noise": 0.0356},
    "programming noise of phase-change memory, -1.1731 g^2 + 1.965 g + 0.2635 uS of g_max = 25 uS, as its root mean "
    "square over g from 0 to 1 (aihwkit, PCMLikeNoiseModel; Nandakumar et al. 2019, Joshi et al. 2020)",
    "its dependence on the weight, the second device of a pair, read noise, and the drift t^-nu",
)

RERAM = Preset(
    {"write_noise": 0.01, "reprogram": 1},
    "read noise of resistive memory, about 1 % of the range (aihwkit, ReRamWan2022NoiseModel: w_noise = 0.01)",
    "anything drawn at each reading: it is drawn once for a trial; and programming noise, which depends on the weight",
)

HFO2 = Preset(
    {"stuck_synapses": 0.1},
    "about 10 % faulty devices on a test chip of HfO2 (Electronics 10, 2427, 2021)",
    "the two states in which they are stuck: here it is a value from anywhere in the range",
)

PRESETS: Mapping[str, Preset] = {"dynapse2": DYNAPSE2, "pcm": PCM, "reram": RERAM, "hfo2": HFO2}


def silicon_of(preset: str | None, figures: Mapping[str, Any]) -> Silicon:
    """Return the figures of a preset, where there is one, with those given beside it in place of its own.

    Raises
    ------
    ModelError
        For a preset that there is not, and for a figure that is none.
    """
    return Silicon(**{**({} if preset is None else preset_of(preset).figures), **figures})


def preset_of(name: object) -> Preset:
    """Return the preset of a name.

    Raises
    ------
    ModelError
        Naming the nearest.
    """
    if not isinstance(name, str) or name not in PRESETS:
        raise ModelError(f"mock: no preset {name!r}; {nearest(str(name), PRESETS)}")
    return PRESETS[name]
