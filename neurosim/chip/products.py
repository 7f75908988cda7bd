"""A rule as products of signals under a condition, the form that the learning engine computes.

One condition a product: that the post-synaptic neuron spikes (y0), that a spike arrives (x0), or none (u0, in every
step). Where both neurons must spike, the pre-synaptic spike is a trace that lasts for one step. A value that comes
with a graded spike stays in its trace when the next value is 0, which is not sent; so it counts where a spike arrives,
and not elsewhere. What happens at the end of a phase is multiplied by a trace that the neuron sets to 1 in that step
(`Mark`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from typing import Literal

from neurosim.chip.signals import POST, PRE, NotOnChip, Reading, Signal, Signals, Spike, Value
from neurosim.chip.sums import sum_of, without_zeros
from neurosim.model.equations.expressions import parse


@dataclass(frozen=True)
class Mark:
    """A trace that is 1 in the last step of a phase, else 0; the post-synaptic neuron puts it out."""

    phase: str
    side: str = POST


Factor = Signal | Mark

NOTHING: Reading = ((1.0, ()),)
"""The product of no signals."""


Condition = Literal["x0", "y0", "u0"]
"""A product counts where a spike arrives, where the post-synaptic neuron spikes, or in every step."""


@dataclass(frozen=True)
class Product:
    """coefficient * condition * factors. A `Spike` among the factors is a trace that lasts for one step."""

    coefficient: float
    condition: Condition
    factors: tuple[Factor, ...]

    @property
    def reads_numbers(self) -> bool:
        """Whether the product reads numbers of neurons, not only spikes and traces of spikes."""
        return any(isinstance(f, (Value, Mark)) for f in self.factors)


def products_of(tree: ast.expr, variable: str, signals: Signals) -> tuple[Product, ...]:
    """Return the products whose sum is w' - w.

    Parameters
    ----------
    tree
        The new value w'.
    variable
        The name of w.

    Raises
    ------
    NotOnChip
        For a term that is no product of signals, a rule that sets the weight or does not change it.
    """
    total = sum_of(tree)
    if (variable,) not in total:
        raise NotOnChip("a rule of the engine adds to a weight, it cannot set it", f"{variable}' without + {variable}")
    total[variable,] -= 1
    coefficients: dict[tuple[Signal, ...], float] = {}
    for names, coefficient in without_zeros(total).items():
        for c, factors in reduce(_times, (_reading(n, signals) for n in names), NOTHING):
            coefficients[factors] = coefficients.get(factors, 0.0) + coefficient * c
    if not (changes := without_zeros(coefficients)):
        raise NotOnChip("it changes nothing", f"{variable}' = {variable}")
    return tuple(p for factors, c in changes.items() for p in _products(c, factors, signals))


def _reading(name: str, signals: Signals) -> Reading:
    if not isinstance(parse(name), ast.Name):
        raise NotOnChip("the engine multiplies and adds; it has no functions, quotients and comparisons", name)
    return signals.read(name)


def _times(a: Reading, b: Reading) -> Reading:
    return tuple((c * d, _ordered((*f, *g))) for (c, f), (d, g) in product(a, b))


def _ordered(factors: Iterable[Signal]) -> tuple[Signal, ...]:
    """Sort factors, so that like products are equal; a spike is 0 or 1, so its square is itself."""
    distinct: list[Signal] = []
    for factor in sorted(factors, key=repr):
        if not (isinstance(factor, Spike) and factor in distinct):
            distinct.append(factor)
    return tuple(distinct)


def _products(coefficient: float, factors: tuple[Signal, ...], signals: Signals) -> Iterator[Product]:
    """Yield products with their condition. A value that can be negative is the difference of two that cannot."""
    spikes = {f.side for f in factors if isinstance(f, Spike)} | ({POST} if signals.rule.when == "spike" else set())
    spikes |= {PRE} & {f.side for f in factors if isinstance(f, Value)}
    condition: Condition = "y0" if POST in spikes else "x0" if PRE in spikes else "u0"
    together: tuple[Factor, ...] = (Spike(PRE),) if spikes == {PRE, POST} else ()
    rest = tuple(f for f in factors if not isinstance(f, Spike))
    for sign, parts in _without_signs(rest):
        unphased = tuple(replace(f, phase="") if isinstance(f, Value) else f for f in parts)
        yield Product(sign * coefficient, condition, (*unphased, *together, *_mark(parts, signals)))


def _mark(factors: Iterable[Signal], signals: Signals) -> tuple[Mark, ...]:
    """Return the moment at which a product's values are what the equation reads, for a rule at the end of a phase."""
    if signals.rule.when != "end":
        return ()
    phases = sorted({f.phase for f in factors if isinstance(f, Value) and f.phase})
    if len(phases) > 1:
        names = "*".join(f.name for f in factors if isinstance(f, Value))
        raise NotOnChip(f"it multiplies values from the ends of the phases {' and '.join(phases)}", names)
    return (Mark(phases[0] if phases else signals.program.phases[signals.rule.phase].name),)


def _without_signs(factors: tuple[Signal, ...]) -> list[tuple[int, tuple[Signal, ...]]]:
    """Write each value that can be negative as v = max(v, 0) - max(-v, 0): traces have no sign."""
    terms: list[tuple[int, tuple[Signal, ...]]] = [(1, ())]
    for factor in factors:
        terms = [(s * t, (*done, part)) for s, done in terms for t, part in _parts(factor)]
    return terms


def _parts(factor: Signal) -> list[tuple[int, Signal]]:
    if not isinstance(factor, Value) or factor.low >= 0:
        return [(1, factor)]
    if factor.side == PRE:
        why = "nothing in the equations keeps it above 0" if factor.assumed else f"it reaches down to {factor.low:g}"
        raise NotOnChip(f"{why}, and the trace of a graded spike has no sign", factor.name)
    below = replace(factor, name=f"max(-{factor.name}, 0)", low=0.0, high=-factor.low)
    if factor.high <= 0:
        return [(-1, below)]
    return [(1, replace(factor, name=f"max({factor.name}, 0)", low=0.0)), (-1, below)]
