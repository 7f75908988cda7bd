"""What a board can run: refused when a program is compiled, long before anything is sent."""

from __future__ import annotations

import numpy as np

from neurosim.device.board.link.hello import BoardLimits
from neurosim.device.board.words.image import Image
from neurosim.errors import ModelError, UnsupportedFeature
from neurosim.program.program import Program
from neurosim.program.run import bind
from neurosim.program.schedule import Trials


def refuse_inexact(program: Program, where: str) -> Image:
    """Refuse a program that whole numbers cannot run; return it as words, with its own constants.

    Parameters
    ----------
    where
        The board and its mode, in messages.

    Raises
    ------
    ModelError
        For one that is not in fixed point.
    UnsupportedFeature
        Naming the part of an equation that they cannot compute.
    """
    if program.activation_bits is None:
        raise ModelError(
            f"{where}: a board has whole numbers alone; expected precision = FixedPoint(), "
            'in a file { format = "loihi2" }'
        )
    try:
        return Image(bind(program, _no_trials(program), learn=False))
    except UnsupportedFeature as refused:
        raise UnsupportedFeature(refused.feature, where, ["reference"]) from None


def _no_trials(program: Program) -> Trials:
    """Return no trials, with a stimulus for each that the program has."""
    steps, stimuli = sum(program.lengths), {}
    for name, kind in program.stimuli:
        size = program.group(name.partition(".")[0]).size
        stimuli[name] = np.zeros((0, size) if kind == "constant" else (0, steps, size))
    return Trials(stimuli, 0)


def refuse_too_large(image: Image, limits: BoardLimits, name: str) -> None:
    """Refuse a program that a board has no room for.

    Raises
    ------
    UnsupportedFeature
        Naming what is too much, and how much fits.
    """
    for what, found in image.sizes.items():
        most = getattr(limits, what)
        if found > most:
            raise UnsupportedFeature(f"a program of {found} {what} (at most {most})", name, ["reference"])
