"""The names of variables, in parts: those of stimuli, of learned arrays and of what is recorded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VariableKey:
    """The name of a variable: ``owner.variable``, where the owner is a group or a matrix."""

    owner: str
    variable: str

    @classmethod
    def from_text(cls, text: str) -> VariableKey:
        """The key that is printed as `text`; without a dot, the variable is empty."""
        owner, _, variable = text.partition(".")
        return cls(owner, variable)

    def __str__(self) -> str:
        return f"{self.owner}.{self.variable}"
