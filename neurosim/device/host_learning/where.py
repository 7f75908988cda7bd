"""Where the rules of a device fire: on it, or on its host, and after how much of a trial there."""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.device.host_learning.loop import Loop, in_words, loop_of
from neurosim.edges.values import by_name
from neurosim.errors import ModelError, nearest
from neurosim.program.features import Feature

PLACES = ("device", "host")
RULES = frozenset({Feature.END_LEARNING, Feature.STEP_LEARNING, Feature.SPIKE_LEARNING})


class Loops:
    """How a device learns, in each mode of a network.

    Parameters
    ----------
    learning
        ``"device"`` or ``"host"``; None as the others say.
    loop
        Of the host: one for all modes, or by the name of a mode, with ``"trial"`` for the others.
    is_exact
        Whether states are read as they are.
    where
        Begins the messages.

    Attributes
    ----------
    on_host
        Whether rules fire there.

    Raises
    ------
    ModelError
        For another place or loop, and for a loop or a readout of a device that learns itself.
    """

    def __init__(self, learning: str | None, loop: Loop | Mapping[str, Loop] | None, is_exact: bool, where: str):
        if learning is not None and learning not in PLACES:
            raise ModelError(f"{where}: learning = {learning!r}; {nearest(str(learning), PLACES)}")
        if learning == "device" and not (is_exact and loop is None):
            what = "a loop" if loop is not None else "a readout that is not exact"
            raise ModelError(f"{where}: {what} is for learning = 'host'; this one learns on the device")
        self.on_host = learning == "host" or loop is not None or not is_exact
        modes = loop if isinstance(loop, Mapping) else {}
        given = by_name(modes, f"{where}: loop", "{'wake': 'trial', 'sleep': 1}")
        self._of_mode = {mode: loop_of(value, f"{where}: loop of {mode} =") for mode, value in given.items()}
        everywhere = "trial" if loop is None or isinstance(loop, Mapping) else loop
        self._else = loop_of(everywhere, f"{where}: loop =")

    def of(self, mode: str) -> Loop:
        """Return the loop in a mode of a network."""
        return self._of_mode.get(mode, self._else)

    def features(self, device: frozenset[str]) -> frozenset[str]:
        """Return what can be run, of what the device can: rules on the host need nothing of it."""
        device = device - {Feature.BATCHES}  # a chip has one set of neurons: its trials come one after another
        if not self.on_host:
            return device
        in_steps = any(isinstance(loop, int) for loop in (self._else, *self._of_mode.values()))
        rules = RULES if in_steps else {Feature.END_LEARNING}
        return (device - RULES) | rules | {Feature.LEARNED_RECORDED}

    def note(self) -> str:
        """Return what a reader of results must know; empty where the device learns itself."""
        if not self.on_host:
            return ""
        loops = {"": self._else, **self._of_mode}
        said = ", ".join(f"{mode}: {in_words(loop)}" if mode else in_words(loop) for mode, loop in loops.items())
        return f"; it learns on the host ({said})"
