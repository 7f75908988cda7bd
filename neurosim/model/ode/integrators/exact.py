"""Exact steps of linear equations: x' = exp(A*dt) x, with constants and inputs as variables that stand still.

What the matrix has in it are numbers, the propagators, computed once for each distinct set of parameters. Nothing is
solved symbolically, so equal time constants are like any others.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import EquationError
from neurosim.model.equations.expressions import name, names_in, number, text_of
from neurosim.model.ode.integrators.affine import Affine, affine, plus, times
from neurosim.model.ode.integrators.extended import finite
from neurosim.model.ode.integrators.matrix_exponential import exponentials

ONE = "1"
"""The variable that stands for the constant part; no other has such a name."""

STILL = "_still"
"""How propagators end that hold while some variables stand still."""


@dataclass(frozen=True)
class Linear:
    """dx/dt = A x + B u + b, with u what is constant within a step.

    Parameters
    ----------
    rows
        The right side of each variable, in its variables and inputs.
    inputs
        Names of what differs from neuron to neuron within a run: driven and learned parameters.
    """

    rows: Mapping[str, Affine]
    inputs: tuple[str, ...] = ()

    @classmethod
    def of(cls, derivatives: Mapping[str, ast.expr], inputs: Collection[str], where: str) -> Linear:
        """Take equations apart.

        Raises
        ------
        EquationError
            For an equation that is not linear in variables and inputs.
        """
        rows = {}
        for variable, tree in derivatives.items():
            row = affine(tree, {*derivatives, *inputs})
            if row is None:
                raise EquationError(
                    f"{where}, d{variable}/dt: '{text_of(tree)}' is not linear, so it has no exact step; "
                    "use integrator='exponential-euler', 'rk4' or 'euler'"
                )
            rows[variable] = row
        return cls(rows, tuple(inputs))

    def update(self, still: Collection[str]) -> dict[str, ast.expr]:
        """Return the new value of each variable; those that stand `still` keep theirs."""
        return {
            v: name(v) if v in still else plus(*(times(name(p), _read(source)) for source, p in terms.items()))
            for v, terms in self._terms(still).items()
        }

    def propagators(
        self, still: Collection[str], dt: float, sets: Sequence[Mapping[str, float]], where: str
    ) -> dict[str, NDArray[np.float64]]:
        """Return the numbers that `update` reads, a value for each set of parameters.

        Raises
        ------
        EquationError
            For a coefficient or a propagator without a finite value.
        """
        columns = [*self.rows, *self.inputs, ONE]
        trees = [[None if c in still else self._over_a_step(c, source) for source in columns] for c in columns]
        matrices = [[[finite(t, {**values, "dt": dt}, where) for t in row] for row in trees] for values in sets]
        try:
            found = exponentials(matrices)
        except OverflowError:
            raise EquationError(
                f"{where}: an exact step of {dt:g} ms has no finite value for these parameters"
            ) from None
        return {
            propagator: found[:, columns.index(variable), columns.index(source)]
            for variable, terms in self._terms(still).items()
            for source, propagator in terms.items()
            if variable not in still
        }

    def differs(self, still: Collection[str]) -> bool:
        """Return whether some that move need propagators of their own while others stand still; True where none do."""
        moving = [terms for variable, terms in self._terms(still).items() if variable not in still]
        return not still or any(p.endswith(STILL) for terms in moving for p in terms.values())

    def constants_read(self) -> set[str]:
        """Return the parameters from which propagators follow."""
        trees = [t for row in self.rows.values() for t in (*row.coefficients.values(), row.rest) if t is not None]
        return {n for tree in trees for n in names_in(tree)}

    def _terms(self, still: Collection[str]) -> dict[str, dict[str, str]]:
        """The propagator of each source of each variable, by name; those that differ where some stand still say so."""
        found = {}
        for variable in self.rows:
            moving, resting = self._sources(variable, ()), self._sources(variable, still)
            suffix = STILL if set(moving) & set(still) else ""
            found[variable] = {s: f"{variable}_{_named(s)}{suffix}" for s in resting}
        return found

    def _sources(self, variable: str, still: Collection[str]) -> list[str]:
        """What a variable depends on within a step, also through others: itself first, then in their order."""
        found, left = {variable}, [variable]
        while left:
            row = self.rows.get(left.pop())
            if row is None:
                continue
            new = {*row.coefficients, *([ONE] if row.rest is not None else [])} - found
            found |= new
            left += new - set(still)
        return [variable, *(s for s in (*self.rows, *self.inputs, ONE) if s in found and s != variable)]

    def _over_a_step(self, variable: str, source: str) -> ast.expr | None:
        """dt times what a source adds to a variable per time; None for nothing."""
        row = self.rows.get(variable)
        if row is None:  # an input, which stands still
            return None
        part = row.rest if source == ONE else row.coefficients.get(source)
        return None if part is None else times(part, name("dt"))


def _named(source: str) -> str:
    return "offset" if source == ONE else f"from_{source}"


def _read(source: str) -> ast.expr:
    return number(1.0) if source == ONE else name(source)
