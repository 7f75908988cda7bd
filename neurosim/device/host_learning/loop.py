"""How often the host of a device is asked to learn: after each trial, each phase, or each N steps.

Rules that fire at the end of a phase see the same in all of these. Those of each step see it with N = 1; with a larger
N the device delivers through weights of up to N - 1 steps before, which is another algorithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Literal

from neurosim.device.host_learning.reads import Reads, at_ends, in_steps, of_a_device
from neurosim.edges.values import shown, whole_number
from neurosim.errors import ModelError, UnsupportedFeature
from neurosim.program.features import Feature
from neurosim.program.program import Program, Rule
from neurosim.program.trial.pieces import Piece, pieces

Loop = Literal["trial", "phase"] | int
"""A number is one of steps."""

ON_THE_DEVICE = "learning on the device"


def loop_of(given: object, what: str) -> Loop:
    """Return how often the host learns.

    Raises
    ------
    ModelError
        For anything but ``"trial"``, ``"phase"`` and a number of steps.
    """
    if given == "trial":
        return "trial"
    if given == "phase":
        return "phase"
    if isinstance(given, str):
        raise ModelError(f"{what} {shown(given)}; expected 'trial', 'phase', or a number of steps")
    return whole_number(given, what, least=1, error=ModelError)


def in_words(loop: Loop) -> str:
    """Return what is done once."""
    if isinstance(loop, str):
        return f"one {loop} a call"
    return f"{loop} steps a call" if loop > 1 else "one step a call"


def is_another_algorithm(program: Program, loop: Loop) -> bool:
    """Return whether rules that fire within a call change weights only after it."""
    return isinstance(loop, int) and loop > 1 and any(r.when != "end" for r in program.rules)


def note_on(loop: Loop) -> str:
    """Return what a reader of results must know of such a loop."""
    return f"rules of each step, or at spikes, change weights once in {loop} steps: another algorithm than theirs"


def refuse_within(program: Program, loop: Loop, backend: str) -> None:
    """Refuse rules that fire within a call.

    Raises
    ------
    UnsupportedFeature
        Naming the loop in which they can fire.
    """
    if isinstance(loop, int):
        return
    where = f"{backend} with {in_words(loop)}"
    for rule in program.rules:
        if rule.when != "end":
            raise UnsupportedFeature(str(Feature(f"learning:{rule.when}")), where, ["loop = 1", ON_THE_DEVICE])
        if Reads(program, [rule]).before:
            what = f"rule {rule.full_name}, which reads what arrived in a step,"
            raise UnsupportedFeature(what, where, ["loop = 1", ON_THE_DEVICE])
    refuse_before_the_end(program.rules, program.lengths, loop, where)


def refuse_before_the_end(rules: Sequence[Rule], lengths: Sequence[int], loop: Loop, where: str) -> None:
    """Refuse rules at the end of a phase after which the same call goes on.

    Raises
    ------
    UnsupportedFeature
        Naming a loop in which they can fire.
    """
    for rule in rules if loop == "trial" else ():
        if lengths[rule.phase] and any(lengths[rule.phase + 1 :]):
            what = f"rule {rule.full_name}, which changes weights before the trial ends,"
            raise UnsupportedFeature(what, where, ["loop = 'phase'", ON_THE_DEVICE])


def pieces_of(loop: Loop, program: Program, lengths: Sequence[int]) -> list[Piece]:
    """Return a trial cut into what is run in one call."""
    names = [p.name for p in program.phases]
    ends = [0, *accumulate(lengths)]
    cuts = set[int]()
    if loop != "trial":
        cuts |= set(ends)
    if isinstance(loop, int):
        cuts |= {step for start, end in pairwise(ends) for step in range(start, end, loop)}
    if not ends[-1]:
        return []
    return pieces(dict(zip(names, lengths, strict=True)), sorted(cuts - {0, ends[-1]}))


def is_in_pieces(program: Program, loop: Loop) -> bool:
    """Whether a device runs part of a trial at once."""
    return loop != "trial" and bool(program.rules)


def run_by_device(program: Program, loop: Loop) -> Program:
    """Return what a device runs of a program whose host learns: it has no rules, and probes of what they read."""
    reads = Reads(program, program.rules)
    by_step = any(r.when != "end" for r in program.rules) or bool(reads.before or reads.late)
    wanted = in_steps(program) if by_step else at_ends(program)
    return of_a_device(program, wanted, is_in_pieces(program, loop))
