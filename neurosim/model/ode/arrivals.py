"""What arrives is added to a variable before a step integrates it, so that Brian2's order of a step is kept.

Brian2 adds in step k, after the spike test and before the reset, what is added here in step k + 1 before anything else.
That is the same but for a neuron that spiked in step k: there, a reset to a value takes what arrived with it, and a
variable that stands still while the neuron is refractory is not written.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from neurosim.errors import EquationError
from neurosim.model.equations.expressions import call, name, names_in, number, text_of
from neurosim.model.ode.integrators.affine import affine, is_number, plus, times

STEPS_LEFT, REFRACTORY_STEPS, JUST_SPIKED = "steps_left", "refractory_steps", "just_spiked"
"""Hidden states and constants: steps until a neuron integrates again, their number, and 1 in the step after a spike."""


@dataclass(frozen=True)
class Arrivals:
    """The ports of a model, and what its reset does to what arrives there.

    Parameters
    ----------
    ports
        The variable that each port adds to.
    reset
        The new value of each variable that a spike resets.
    held
        Variables that stand still while a neuron is refractory.
    states
        Names that change within a run; a share of what arrives depends on none.
    """

    ports: Mapping[str, str]
    reset: Mapping[str, ast.expr]
    held: Collection[str]
    states: Collection[str]

    def added(self, where: str) -> dict[str, ast.expr]:
        """Return each variable with what arrives added to it; those to which nothing is added are left out.

        Raises
        ------
        EquationError
            For a reset that is not linear in a variable to which a port adds.
        """
        return {
            v: total for v in dict.fromkeys([*self.ports.values(), *self.reset]) if (total := self._added(v, where))
        }

    def remembers_spikes(self, where: str) -> bool:
        """Whether a neuron must know in a step that it spiked in the last."""
        return any(JUST_SPIKED in names_in(tree) for tree in self.added(where).values())

    def _added(self, variable: str, where: str) -> ast.expr | None:
        arriving = self._arriving(variable)
        if variable in self.held:
            return arriving and plus(name(variable), _where(STEPS_LEFT, number(0.0), arriving))
        if variable not in self.reset:
            return arriving and plus(name(variable), arriving)
        kept = self._kept(variable, where)
        if kept is None and arriving is None:
            return None
        if kept is not None and arriving is not None and text_of(kept) == text_of(arriving):
            return plus(name(variable), arriving)
        return plus(name(variable), _where(JUST_SPIKED, kept or number(0.0), arriving or number(0.0)))

    def _arriving(self, variable: str) -> ast.expr | None:
        sums = [name(port) for port, target in self.ports.items() if target == variable]
        return plus(*sums) if sums else None

    def _kept(self, variable: str, where: str) -> ast.expr | None:
        """What a reset leaves of what arrived before it; None for nothing."""
        targets = {v for v in self.ports.values() if v not in self.held}
        after = affine(self.reset[variable], targets)
        if after is None or any(names_in(c) & set(self.states) for c in after.coefficients.values()):
            raise EquationError(
                f"{where}, reset of {variable}: '{text_of(self.reset[variable])}' is not linear in "
                f"{' and '.join(sorted(targets))}, to which a port adds; add to another variable, or reset to a value"
            )
        shares = [(c, self._arriving(v)) for v, c in after.coefficients.items()]
        kept = [times(share, sums) for share, sums in shares if sums is not None and not is_number(share, 0.0)]
        return plus(*kept) if kept else None


def _where(state: str, then: ast.expr, otherwise: ast.expr) -> ast.expr:
    """One expression where a hidden state is above 0, else the other."""
    return call("where", ast.Compare(name(state), [ast.Gt()], [number(0.0)]), then, otherwise)
