"""What a matrix of weights loses in the numbers of a chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neurosim.chip.limits import LOIHI1, Chip
from neurosim.program.precision import FixedPoint, LedgerEntry, WeightFormat
from neurosim.program.precision.ledger import ledger_entry
from neurosim.program.schedule import Array


@dataclass(frozen=True)
class WeightLoss:
    """What a matrix loses in the format that fits it best.

    Attributes
    ----------
    entry
        Relative error sqrt(sum of (new - old)**2 / sum of old**2), values that saturate, values that change.
    """

    name: str
    form: WeightFormat
    entry: LedgerEntry


def losses(delivered: Mapping[str, Array], chip: Chip, given: FixedPoint | None = None) -> tuple[WeightLoss, ...]:
    """Return what each matrix of delivered weights loses.

    Parameters
    ----------
    delivered
        By the name of the projection, of shape (pre, post) or (synapses,).
    given
        The number format that a scenario asks for; else weights have 8 bits, and exponents are fitted.
    """
    numbers = given or (FixedPoint.loihi1() if chip is LOIHI1 else FixedPoint.loihi2()).fitted(delivered)
    lost = []
    for name, values in delivered.items():
        form = numbers.weight_format(name)
        lost.append(WeightLoss(name, form, ledger_entry(name, values, form.rounded(values), form)))
    return tuple(lost)
