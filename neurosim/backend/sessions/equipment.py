"""What a device holds and what it lets a host read; a simulator does both without end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from neurosim.errors import UnsupportedFeature
from neurosim.program.program import Program


@dataclass(frozen=True)
class Limits:
    """The most of everything; None where nothing limits it.

    Attributes
    ----------
    neurons, synapses : int, optional
        Of a program, all populations and projections together.
    bits : int, optional
        Of a delivered weight.
    buffer_bytes : int, optional
        Of one call.
    """

    neurons: int | None = None
    synapses: int | None = None
    bits: int | None = None
    buffer_bytes: int | None = None

    def exceeded(self, program: Program) -> Iterable[str]:
        """Yield what is too much in a program, and how much fits."""
        neurons = sum(g.size for g in program.groups)
        synapses = sum(program.synapses(m) for m in program.matrices)
        for found, most, what in ((neurons, self.neurons, "neurons"), (synapses, self.synapses, "synapses")):
            if most is not None and found > most:
                yield f"{found} {what} (at most {most})"


@dataclass(frozen=True)
class ReadBack:
    """What a host can read of a device.

    Attributes
    ----------
    variables : tuple of str
        ``"spike"``, ``"state"`` and ``"learned"``, or those of them that there are.
    moments : tuple of str
        ``"step"`` and ``"end"``, or one of them.
    bits : int, optional
        Of a state as it is read; None for all that it has.
    """

    variables: tuple[str, ...] = ("spike", "state", "learned")
    moments: tuple[str, ...] = ("step", "end")
    bits: int | None = None


NO_LIMITS = Limits()
ALL_READ = ReadBack()


def refuse_too_large(program: Program, limits: Limits, backend: str) -> None:
    """Refuse a program that does not fit a device.

    Raises
    ------
    UnsupportedFeature
        Naming what is too much.
    """
    for what in limits.exceeded(program):
        raise UnsupportedFeature(what, backend, ["reference"])
