"""Steps that approximate: Euler, exponential Euler, and Runge and Kutta's of the fourth order.

Each takes the right sides of all equations and gives each variable's new value; all of them read the old values.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from neurosim.errors import EquationError
from neurosim.model.equations.expressions import call, name, names_in, number, substitute, text_of
from neurosim.model.ode.integrators.affine import affine, is_number, over, plus, times

Derivatives = Mapping[str, ast.expr]

DT = name("dt")


@dataclass(frozen=True)
class Step:
    """Equations of one step.

    Attributes
    ----------
    update
        The new value of each variable.
    derived
        Constants that follow from parameters, which the update reads.
    """

    update: Mapping[str, ast.expr]
    derived: Mapping[str, str] = field(default_factory=dict)


def euler(derivatives: Derivatives, constants: Collection[str], where: str) -> Step:
    """x' = x + dt*f(x)."""
    return Step({v: plus(name(v), times(DT, f)) for v, f in derivatives.items()})


def rk4(derivatives: Derivatives, constants: Collection[str], where: str) -> Step:
    """x' = x + dt/6*(k1 + 2*k2 + 2*k3 + k4), k1 = f(x), k2 = f(x + dt/2*k1), k3 = f(x + dt/2*k2), k4 = f(x + dt*k3)."""
    half = over(DT, number(2.0))
    first = dict(derivatives)
    second = _at(derivatives, first, half)
    third = _at(derivatives, second, half)
    fourth = _at(derivatives, third, DT)
    two = number(2.0)
    slopes = {v: plus(first[v], times(two, second[v]), times(two, third[v]), fourth[v]) for v in derivatives}
    return Step({v: plus(name(v), times(over(DT, number(6.0)), slope)) for v, slope in slopes.items()})


def _at(derivatives: Derivatives, slopes: Derivatives, step: ast.expr) -> dict[str, ast.expr]:
    """The right sides where each variable has gone a step along its slope."""
    moved = {v: plus(name(v), times(step, slope)) for v, slope in slopes.items()}
    return {v: substitute(f, moved.get) for v, f in derivatives.items()}


def exponential_euler(derivatives: Derivatives, constants: Collection[str], where: str) -> Step:
    """x' = x + f(x)*(exp(A*dt) - 1)/A for f(x) = A*x + B, A and B of the old values; x + f(x)*dt where A is 0.

    That is (x + B/A)*exp(A*dt) - B/A. Where A is constant, so is exp(A*dt), and the step is keep*x + gain*B.

    Raises
    ------
    EquationError
        For an equation that is not linear in its own variable.
    """
    update: dict[str, ast.expr] = {}
    derived: dict[str, str] = {}
    for v, derivative in derivatives.items():
        row = affine(derivative, {v})
        if row is None:
            raise EquationError(
                f"{where}, d{v}/dt: '{text_of(derivative)}' is not linear in {v}, so exponential Euler does not apply; "
                "use integrator='rk4' or 'euler'"
            )
        rate = row.coefficients.get(v)
        if rate is not None and names_in(rate) <= {*constants, "dt"}:
            derived |= _of_constant_rate(v, text_of(rate), row.rest is not None)
            kept = times(name(f"{v}_keep"), name(v))
            update[v] = kept if row.rest is None else plus(kept, times(name(f"{v}_gain"), row.rest))
        elif is_number(derivative, 0.0):
            update[v] = name(v)
        else:
            update[v] = plus(name(v), times(derivative, DT if rate is None else _duration(rate)))
    return Step(update, derived)


def _of_constant_rate(variable: str, rate: str, driven: bool) -> dict[str, str]:
    keep, gain = f"{variable}_keep", f"{variable}_gain"
    kept = {keep: f"exp(({rate})*dt)"}
    return {**kept, gain: f"where(({rate}) == 0, dt, ({keep} - 1)/({rate}))"} if driven else kept


def _duration(rate: ast.expr) -> ast.expr:
    """(exp(A*dt) - 1)/A, for how long the first slope would have to hold; dt where A is 0."""
    zero = ast.Compare(rate, [ast.Eq()], [number(0.0)])
    divisor = call("where", zero, number(1.0), rate)  # both sides of a `where` are computed
    grown = ast.BinOp(call("exp", times(rate, DT)), ast.Sub(), number(1.0))
    return call("where", zero, DT, over(grown, divisor))


STEPWISE: Mapping[str, Callable[[Derivatives, Collection[str], str], Step]] = {
    "exponential-euler": exponential_euler,
    "euler": euler,
    "rk4": rk4,
}
"""By the name of the integrator: from right sides and names of constants, the equations of a step."""
