"""The names of a run's constants, in parts. Programs, files and users write them as text; runs hold them as keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LENGTHS = "steps"
"""The owner of the lengths of phases; no population or projection may have this name."""


@dataclass(frozen=True, order=True)
class ConstantKey:
    """The name of a constant: ``owner.name``, ``owner.rule.name``, ``owner.name@phase`` or ``steps.phase``.

    Attributes
    ----------
    owner
        A group or matrix; ``"steps"`` for the length of a phase.
    name
        The constant as equations name it; for a length, the phase.
    rule
        The rule of the owner that has the constant; empty for a constant of the owner itself.
    phase
        The phase in which the value holds; empty for the value that holds elsewhere.
    """

    owner: str
    name: str
    rule: str = ""
    phase: str = ""

    @classmethod
    def from_text(cls, text: str) -> ConstantKey:
        """The key that is printed as `text`."""
        front, _, phase = text.partition("@")
        owner, _, path = front.partition(".")
        rule, _, name = path.rpartition(".")
        return cls(owner, name, rule, phase)

    @property
    def part(self) -> str:
        """What has the constant: ``owner``, or ``owner.rule``."""
        return f"{self.owner}.{self.rule}" if self.rule else self.owner

    @property
    def is_length(self) -> bool:
        """Whether the constant is the length of a phase in steps."""
        return self.owner == LENGTHS

    def __str__(self) -> str:
        return f"{self.part}.{self.name}" + (f"@{self.phase}" if self.phase else "")


def length_of(phase: str) -> ConstantKey:
    """The key of a phase's length in steps."""
    return ConstantKey(LENGTHS, phase)


def by_key(constants: Mapping[str, float]) -> dict[ConstantKey, float]:
    """The values of constants that are named by text."""
    return {ConstantKey.from_text(text): value for text, value in constants.items()}
