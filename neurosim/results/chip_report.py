"""What a network asks of a chip, all in one: cores, precision, rules, and what happened in a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from neurosim.chip.grammar import PrintedRule
from neurosim.chip.mapping import MappedLayer, Placement
from neurosim.chip.measured import MEASURED, Measured
from neurosim.chip.rules import IN_THE_LOOP, RuleOnChip
from neurosim.chip.weights import WeightLoss
from neurosim.results.result import StageKind


@dataclass(frozen=True)
class Activity:
    """What happened in all trials of a kind.

    Attributes
    ----------
    kind
        What the trials did: all but ``pretrained``.
    trials, steps
        How many trials ran, and how many steps all of them took.
    spikes
        By population; None of those that put out values, or whose spikes were not recorded.
    operations
        Of synapses, one for each spike, or value other than zero, that arrives at one.
    is_bound
        Whether `operations` is an upper bound: the backend could not count those of values, so all neurons are taken to
        send in each step.
    """

    kind: StageKind
    trials: int
    steps: int
    spikes: Mapping[str, int | None]
    operations: int
    is_bound: bool = False


@dataclass(frozen=True)
class ChipReport:
    """The report of a scenario.

    Attributes
    ----------
    backend, seed
        What ran it, ``NAME:MODE``, and the seed of the run.
    placement
        The cores that the layers take.
    losses
        What each weight matrix loses in the chip's precision.
    rules
        The learning rules, by mode.
    activities
        What happened in the run, one for each kind of trials.
    values
        (mode, population) of those that put out values, which take graded spikes and a neuron model in microcode.
    """

    scenario: str
    backend: str
    seed: int
    placement: Placement
    losses: tuple[WeightLoss, ...]
    rules: Mapping[str, tuple[RuleOnChip, ...]]
    activities: tuple[Activity, ...]
    values: tuple[tuple[str, str], ...]

    @property
    def fits(self) -> bool:
        """Whether the network fits on the chip."""
        return self.placement.fits

    def as_data(self) -> dict[str, Any]:
        """The object of ``neurosim loihi --json``."""
        p = self.placement
        return {
            "scenario": self.scenario,
            "backend": self.backend,
            "seed": self.seed,
            "chip": p.chip.name,
            "fits": p.fits,
            "cores": p.cores,
            "chips": p.chips,
            "assumed": list(p.chip.assumed),
            "parts": [_part(part) for part in p.parts],
            "precision": [_loss(loss) for loss in self.losses],
            "rules": [_rule(mode, rule) for mode, rules in self.rules.items() for rule in rules],
            "activity": [_activity(a) for a in self.activities],
            "values": [{"mode": mode, "population": population} for mode, population in self.values],
        }


def measured(rule: RuleOnChip) -> Measured | None:
    """What tests measured of rules of this form; None where they measured none."""
    return None if rule.fixed_pt is None else MEASURED.get(rule.fixed_pt.form)


def _part(part: MappedLayer) -> dict[str, Any]:
    return {
        "name": part.name,
        "compartments": part.compartments,
        "in_axons": part.in_axons,
        "out_axons": part.out_axons,
        "synapses": part.synapses,
        "synapse_bits": part.synapse_bits,
        "cores": part.cores,
        "utilisation": dict(part.fullest),
        "limits_exceeded": [
            {"limit": e.limit, "actual": e.actual, "maximum": e.maximum, "help": e.help} for e in part.exceeded
        ],
    }


def _loss(loss: WeightLoss) -> dict[str, Any]:
    form, entry = loss.form, loss.entry
    return {
        "name": loss.name,
        "bits": form.bits,
        "exponent": form.exponent,
        "sign": form.sign,
        "low": form.low,
        "high": form.high,
        "relative_error": entry.relative_error,
        "largest_error": entry.largest_error,
        "saturated": entry.saturated,
        "changed": entry.changed,
        "size": entry.size,
    }


def _rule(mode: str, rule: RuleOnChip) -> dict[str, Any]:
    measurement = measured(rule)
    return {
        "mode": mode,
        "owner": rule.owner,
        "name": rule.name,
        "legal": rule.legal,
        "reason": rule.reason or None,
        "term": rule.term or None,
        "instead": None if rule.legal else IN_THE_LOOP,
        "floating_pt": _printed(rule.floating_pt),
        "fixed_pt": _printed(rule.fixed_pt),
        "remarks": list(rule.remarks),
        "measured": None if measurement is None else asdict(measurement),
    }


def _printed(text: PrintedRule | None) -> dict[str, Any] | None:
    if text is None:
        return None
    return {
        "dw": text.dw,
        "unit": text.unit,
        "three_factor": text.three_factor,
        "largest_error": text.largest_error,
        "coefficients": [
            {"wanted": c.wanted, "mantissa": c.mantissa, "exponent": c.exponent, "error": c.error}
            for c in text.coefficients
        ],
        "traces": [asdict(t) for t in text.traces],
    }


def _activity(activity: Activity) -> dict[str, Any]:
    return asdict(activity)
