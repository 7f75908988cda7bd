"""Training by equilibrium propagation: the schedule of a trial, and the constants it shares with the rules."""

from __future__ import annotations

from neurosim.model.network import Network
from neurosim.program.constants import ConstantKey, length_of
from neurosim.program.schedule import Phase, Probe, Schedule


def one_sided(input: str, output: str, free_steps: int, nudged_steps: int, beta: float) -> Schedule:
    """A free phase, then one nudged by beta; the prediction is the output at the end of the free phase."""
    return Schedule(
        [Phase("free", free_steps, assign={"s_free": "s"}), Phase("nudged", nudged_steps, {f"{output}.beta": beta})],
        [Probe(f"{output}.s", "end:free")],
        {f"{input}.s": "constant", f"{output}.target": "constant"},
    )


def symmetric(input: str, output: str, free_steps: int, nudged_steps: int, beta: float) -> Schedule:
    """A free phase, then one nudged by +beta and one by -beta, both from the free state."""
    return Schedule(
        [
            Phase("free", free_steps, assign={"s_free": "s"}),
            Phase("plus", nudged_steps, {f"{output}.beta": beta}, assign={"s_plus": "s", "s": "s_free"}),
            Phase("minus", nudged_steps, {f"{output}.beta": -beta}),
        ],
        [Probe(f"{output}.s", "end:free")],
        {f"{input}.s": "constant", f"{output}.target": "constant"},
    )


def inference(schedule: Schedule) -> dict[str, float]:
    """Constants under which a trained schedule only predicts: no steps after the free phase."""
    return {str(length_of(p.name)): 0.0 for p in schedule.phases[1:]}


def rule_constants(network: Network, mode: str, beta: float) -> dict[str, float]:
    """The nudge as the constant `beta` of every rule that has one, so that it is stated once."""
    return {
        str(ConstantKey(part.name, "beta", rule.name)): beta
        for part in network.parts
        for rule in part.rules_in(mode)
        if "beta" in rule.params
    }
