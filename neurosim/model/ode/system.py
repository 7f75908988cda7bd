"""A system of differential equations with all names resolved: trees in variables, parameters and dt alone."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from neurosim.model.neurons import Driven, Learned


@dataclass(frozen=True)
class System:
    """Equations as trees, and values in the units inside.

    Attributes
    ----------
    where
        How an error begins.
    derivatives
        The right side of each variable's equation.
    constants, per_neuron
        Parameters that are numbers, and those that are driven or learned.
    initial
        Of each variable at a trial's start.
    spike, output
        None where there is none, and where spikes are put out.
    refractory
        A time in ms, of constants.
    ports
        The variable that each port adds to.
    held
        Variables that stand still while a neuron is refractory.
    dt
        In ms.
    """

    name: str
    where: str
    derivatives: Mapping[str, ast.expr]
    constants: Mapping[str, float]
    per_neuron: Mapping[str, Learned | Driven]
    initial: Mapping[str, float]
    spike: ast.expr | None
    reset: Mapping[str, ast.expr]
    refractory: ast.expr | None
    ports: Mapping[str, str]
    held: frozenset[str]
    output: ast.expr | None
    dt: float

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of parameters that are constant within a step, and have a value for each neuron."""
        return tuple(self.per_neuron)
