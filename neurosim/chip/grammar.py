"""Products in the text of Lava's learning rules, with the traces that they read, for both of its arithmetics.

Weights are counted in units of their format, W = w/unit, and a signal in steps of its trace, F = scale*f. A product
c*f1*f2... of the equation is then C*F1*F2... with C = c/(unit*scale1*scale2*...).

``floating_pt`` computes that as it stands. ``fixed_pt`` has traces of 7 bits, and shifts each product right by max(0,
sum of its factors' widths + 4 - 15) [lava-nc 0.10.0, ``core/learning/learning_rule_applier.py``]: its text needs
C*2**shift. So one rule has two texts, and the same text means something else to each.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from neurosim.chip.coefficients import LARGEST_EXPONENT, LARGEST_MANTISSA, SMALLEST_EXPONENT, Coefficient, nearest
from neurosim.chip.products import Factor, Mark, Product
from neurosim.chip.signals import POST, PRE, NotOnChip, Spike, Trace, Value, Weight

Tag = Literal["floating_pt", "fixed_pt"]
"""Lava's two arithmetics."""

TraceSource = Literal["spikes", "payload", "neuron"]
"""What sets a trace: spikes, the last graded spike, or the post-synaptic neuron in every step."""

PRE_TRACES, POST_TRACES = ("x1", "x2"), ("y1", "y2", "y3")

TRACE_BITS, SIGNED_WEIGHT_BITS = 7, 9
"""Widths of factors [lava-nc, ``core/learning/constants.py``: W_TRACE, W_WEIGHTS_S]."""

MANTISSA_BITS, ACCUMULATOR_BITS = 4, 15
"""Widths of a coefficient's mantissa, and of what products are added up in [the same: W_S_MANT, W_ACCUMULATOR_U]."""

LARGEST_TRACE = 2**TRACE_BITS - 1

SPIKE_IMPULSE = 16
"""What a spike adds to a trace of 7 bits: it saturates where more than 7 spikes are in it."""

FEWEST_STEPS = 4
"""A trace of a value or of spikes is not made coarser than this, for a 1 of it."""

POOR = 4 * 2.0**SMALLEST_EXPONENT
"""A smaller coefficient has a mantissa of less than three bits."""

FORGETS = {"floating_pt": 1e-3, "fixed_pt": 0.0}
"""Time constants of a trace that lasts for one step; in floating point 0 gives NaN in lava-nc 0.10.0."""

KEEPS = 2**31
"""Time constant of a trace that stays as it is until the next value."""


@dataclass(frozen=True)
class Setting:
    """How a trace is set up.

    Attributes
    ----------
    slot
        The name of the trace: ``"x1"``, ``"y2"``.
    means
        What of the equation it stands for.
    source
        ``"spikes"`` (an impulse each, and decay), ``"payload"`` (half of what the last graded spike carried), or
        ``"neuron"`` (what the post-synaptic neuron puts out, in every step).
    scale
        Steps of the trace for a 1 of what it stands for.
    impulse, tau
        Of a trace of spikes, tau in steps; else 0 and `KEEPS`.
    tau_error
        (tau - wanted)/wanted: in fixed point, tau is a whole number of steps.
    """

    slot: str
    means: str
    source: TraceSource
    scale: float
    impulse: float
    tau: float
    tau_error: float = 0.0


@dataclass(frozen=True)
class PrintedRule:
    """A rule in the form that Lava takes.

    Attributes
    ----------
    dw
        The text of the rule.
    unit
        The weight that 1 of Lava's weights stands for.
    coefficients, shifts
        Of each product: its coefficient, and the bits by which fixed point shifts it to the right.
    traces
        The traces that the text names.
    form
        The text without its coefficients.
    three_factor
        It is for `Loihi3FLearningRule`, else for `Loihi2FLearningRule`.
    """

    dw: str
    unit: float
    coefficients: tuple[Coefficient, ...]
    shifts: tuple[int, ...]
    traces: tuple[Setting, ...]
    form: str
    three_factor: bool

    @property
    def largest_error(self) -> float:
        """The largest relative error of a coefficient or time constant."""
        return max(map(abs, (*(c.error for c in self.coefficients), *(t.tau_error for t in self.traces))))


def printed(products: tuple[Product, ...], tag: Tag, unit: float) -> PrintedRule:
    """Print the products as the text of a learning rule.

    Parameters
    ----------
    tag
        The arithmetic of Lava for which the text is.
    unit
        The weight that 1 of Lava's weights stands for.

    Raises
    ------
    NotOnChip
        If there are too few traces, or a coefficient is out of range.
    """
    settings = _settings(products, tag, unit)
    coefficients = [_coefficient(p, settings, unit, tag) for p in products]
    texts = ["*".join((p.condition, *(_name(f, settings) for f in p.factors))) for p in products]
    return PrintedRule(
        dw=_sum((c.mantissa < 0, f"{_number(c)}*{t}") for c, t in zip(coefficients, texts, strict=True)),
        unit=unit,
        coefficients=tuple(coefficients),
        shifts=tuple(_shift(p, tag) for p in products),
        traces=tuple(sorted(settings.values(), key=lambda s: s.slot)),
        form=_sum((c.mantissa < 0, t) for c, t in zip(coefficients, texts, strict=True)),
        three_factor=any(p.reads_numbers for p in products),
    )


def _sum(terms: Iterable[tuple[bool, str]]) -> str:
    text = " ".join(f"{'-' if negative else '+'} {term}" for negative, term in terms)
    return text.removeprefix("+ ").replace("- ", "-", 1) if text.startswith("- ") else text.removeprefix("+ ")


def _number(c: Coefficient) -> str:
    return f"{abs(c.mantissa)}*2^{c.exponent}"


def _name(factor: Factor, settings: Mapping[Factor, Setting]) -> str:
    return "w" if isinstance(factor, Weight) else settings[factor].slot


def _slots(products: Iterable[Product]) -> dict[Factor, str]:
    """Assign a trace to each factor."""
    factors = list(dict.fromkeys(f for p in products for f in p.factors))
    assigned: dict[Factor, str] = {}
    for side, slots in ((PRE, PRE_TRACES), (POST, POST_TRACES)):
        of_side = [f for f in factors if not isinstance(f, Weight) and f.side == side]
        of_side.sort(key=lambda f: not isinstance(f, Value))  # a graded spike sets x1, and nothing else
        values = [f for f in of_side if isinstance(f, Value)]
        if len(of_side) > len(slots) or (side == PRE and len(values) > 1):
            has = (
                "pre-synaptic side has 2 traces, one of them for values" if side == PRE else "post-synaptic side has 3"
            )
            raise NotOnChip(f"it needs {len(of_side)} traces, and the {has}", ", ".join(map(_meaning, of_side)))
        assigned |= dict(zip(of_side, slots, strict=False))
    return assigned


def _meaning(factor: Factor) -> str:
    if isinstance(factor, Mark):
        return f"end of {factor.phase}"
    if isinstance(factor, (Trace, Value)):
        return factor.name
    return "weight" if isinstance(factor, Weight) else "spike in this step"


def _settings(products: tuple[Product, ...], tag: Tag, unit: float) -> dict[Factor, Setting]:
    """Make traces as fine as they can be, while coefficients keep all bits of their mantissa."""
    settings = {f: _finest(f, slot, tag) for f, slot in _slots(products).items()}
    while True:
        poor = [p for p in products if abs(_wanted(p, settings, unit, tag)) < POOR]
        able = [f for f, s in settings.items() if s.scale > _coarsest(f, tag) and any(f in p.factors for p in poor)]
        if not able:
            return settings
        f = max(able, key=lambda f: (isinstance(f, Mark), settings[f].scale * _one(f)))  # a mark loses nothing
        settings[f] = replace(settings[f], scale=settings[f].scale / 2, impulse=settings[f].impulse / 2)


def _finest(factor: Factor, slot: str, tag: Tag) -> Setting:
    fixed, means = tag == "fixed_pt", _meaning(factor)
    if isinstance(factor, Trace):
        impulse = SPIKE_IMPULSE if fixed else factor.rise
        wanted = -1 / math.log(factor.keep)
        tau = max(round(wanted), 1) if fixed else wanted
        return Setting(slot, means, "spikes", impulse / factor.rise, impulse, tau, (tau - wanted) / wanted)
    if isinstance(factor, Spike):
        return Setting(slot, means, "spikes", 1.0, 1.0, FORGETS[tag])
    scale = 2.0 ** math.floor(math.log2(LARGEST_TRACE / _one(factor))) if fixed else 1.0
    graded = isinstance(factor, Value) and factor.side == PRE
    return Setting(slot, means, "payload" if graded else "neuron", scale, 0.0, KEEPS)


def _coarsest(factor: Factor, tag: Tag) -> float:
    """The smallest scale of a trace: in fixed point it has to tell values apart."""
    if tag == "floating_pt":
        return 2.0**-20
    return FEWEST_STEPS / _one(factor) if isinstance(factor, (Trace, Value)) else 1.0


def _one(factor: Factor) -> float:
    """Return what a trace has to tell from 0: the rise by a spike, or the largest value."""
    return factor.rise if isinstance(factor, Trace) else factor.high if isinstance(factor, Value) else 1.0


def _shift(product: Product, tag: Tag) -> int:
    """Bits by which fixed point shifts the product to the right; the condition does not count."""
    widths = sum(SIGNED_WEIGHT_BITS if isinstance(f, Weight) else TRACE_BITS for f in product.factors)
    return max(0, widths + MANTISSA_BITS - ACCUMULATOR_BITS) if tag == "fixed_pt" else 0


def _wanted(product: Product, settings: Mapping[Factor, Setting], unit: float, tag: Tag) -> float:
    """Return the coefficient that the text needs, C*2**shift."""
    scale = math.prod(1 / unit if isinstance(f, Weight) else settings[f].scale for f in product.factors)
    return product.coefficient / (unit * scale) * 2.0 ** _shift(product, tag)


def _coefficient(product: Product, settings: Mapping[Factor, Setting], unit: float, tag: Tag) -> Coefficient:
    wanted = _wanted(product, settings, unit, tag)
    coefficient = nearest(wanted)
    if coefficient is None:
        smallest, largest = 2.0**SMALLEST_EXPONENT, LARGEST_MANTISSA * 2.0**LARGEST_EXPONENT
        raise NotOnChip(
            f"its coefficient in {tag} would be {wanted:.3g}, outside of {smallest:g} to {largest:g}",
            "*".join(map(_meaning, product.factors)) or product.condition,
        )
    return coefficient
