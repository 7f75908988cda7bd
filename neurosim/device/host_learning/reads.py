"""What rules read of a device: states after a step, what was sent in it, and spikes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from neurosim.model.equations.expressions import names_in, parse
from neurosim.program.program import Group, Program, ProgramProbe, Rule
from neurosim.program.variables import VariableKey

SPIKE = "spike"


class Reads:
    """What some rules of a program read.

    Parameters
    ----------
    program
        With the rules.
    rules
        Those that fire.
    """

    def __init__(self, program: Program, rules: Iterable[Rule]):
        self.program, self.rules = program, tuple(rules)

    @cached_property
    def variables(self) -> list[VariableKey]:
        """Variables of populations that rules name, in a fixed order."""
        found = {key for r in self.rules for key in _named(self.program, r)}
        return sorted(found, key=str)

    @cached_property
    def states(self) -> list[VariableKey]:
        """States as they are after the step."""
        return [k for k in self.variables if k.variable in dict(self.program.group(k.owner).state)]

    @cached_property
    def fired(self) -> list[str]:
        """Populations at whose spikes rules fire."""
        return sorted({self.program.matrix(r.owner).post for r in self.rules if r.when == SPIKE})

    @cached_property
    def late(self) -> list[str]:
        """Populations of which rules read what arrived from them some steps later."""
        owners = {r.owner for r in self.rules if _reads_arrived(r) and self.program.matrix(r.owner).longest_delay}
        return sorted({self.program.matrix(m).pre for m in owners})

    @cached_property
    def arrived(self) -> list[str]:
        """Populations of which rules read what was delivered."""
        return sorted({self.program.matrix(r.owner).pre for r in self.rules if _reads_arrived(r)})

    @cached_property
    def senders(self) -> list[Group]:
        """Populations whose output is computed as a step begins: rules read it, or an input fires."""
        named = {k.owner for k in self.variables if k.variable in dict(self.program.group(k.owner).present)}
        inputs = {n for n in self.fired if self.program.group(n).is_input}
        wanted = named | inputs | set(self.arrived)
        return [g for g in self.program.groups if g.name in wanted]

    @cached_property
    def driven(self) -> list[str]:
        """Stimuli that rules read, or of which an output follows."""
        sending = {g.name for g in self.senders}
        keys = [VariableKey.from_text(name) for name, _ in self.program.stimuli]
        return [str(k) for k in keys if k in self.variables or k.owner in sending]

    @cached_property
    def before(self) -> list[VariableKey]:
        """States as they were before the step, with spikes under way, of which these outputs follow."""
        return [VariableKey(g.name, v) for g in self.senders for v in _behind_output(g)]


def _behind_output(group: Group) -> list[str]:
    texts = [t for _, t in group.present] + ([group.spike] if group.is_input and group.spike else [])
    names = {n for t in texts for n in names_in(parse(t))} | {group.output}
    spikes = [SPIKE] if group.output == SPIKE and not group.is_input else []
    return [*(v for v, _ in group.state if v in names), *spikes]


def _reads_arrived(rule: Rule) -> bool:
    return rule.of_matrix and any("arrived" in names_in(parse(text)) for _, text in rule.equations)


def _named(program: Program, rule: Rule) -> Iterable[VariableKey]:
    names = {n for _, text in rule.equations for n in names_in(parse(text))}
    if not rule.of_matrix:
        return [VariableKey(rule.owner, n) for n in names]
    matrix = program.matrix(rule.owner)
    ends = {"pre": matrix.pre, "post": matrix.post}
    sided = [n.split(".") for n in names if "." in n]
    return [VariableKey(ends[side], variable) for side, variable in sided]


def at_ends(program: Program) -> list[ProgramProbe]:
    """Return probes of what rules read at the ends of their phases."""
    found = []
    for index, phase in enumerate(program.phases):
        for key in Reads(program, [r for r in program.rules if r.phase == index]).states:
            found.append(ProgramProbe(f"{key}@end:{phase.name}", key.owner, key.variable, "end", index))
    return found


def in_steps(program: Program) -> list[ProgramProbe]:
    """Return probes of what rules read, in every step."""
    reads = Reads(program, program.rules)
    spikes = [VariableKey(n, SPIKE) for n in reads.fired if not program.group(n).is_input]
    keys = sorted({*reads.states, *reads.before, *spikes}, key=str)
    return [ProgramProbe(f"{k}@step", k.owner, k.variable, "step", -1) for k in keys]


def of_a_device(program: Program, wanted: Iterable[ProgramProbe], in_pieces: bool) -> Program:
    """Return a program without its rules, with the probes that the host wants beside those of the user.

    What is learned is on the host, which records it.

    Parameters
    ----------
    in_pieces
        Whether it runs part of a trial at once: it then records every step, for steps count from the first of a part.
    """
    own = [q for q in program.probes if not program.is_learned(q)]
    probes = [replace(q, every=1) if in_pieces else q for q in own]
    for probe in wanted:
        if same(probes, probe) is None:
            probes.append(_renamed(probe, {q.name for q in program.probes}))
    return _without_rules(program, tuple(probes))


def same(probes: Iterable[ProgramProbe], wanted: ProgramProbe) -> ProgramProbe | None:
    """Return the probe that records what another one does, all of it."""
    for q in probes:
        if q.selection is None and q.every == 1 and replace(q, name="") == replace(wanted, name=""):
            return q
    return None


def _renamed(probe: ProgramProbe, taken: set[str]) -> ProgramProbe:
    name = probe.name
    while name in taken:
        name = f"host.{name}"
    return replace(probe, name=name)


def _without_rules(program: Program, probes: tuple[ProgramProbe, ...]) -> Program:
    def without(p: Program) -> Program:
        groups = tuple(replace(g, arrived=False) for g in p.groups)
        return replace(p, rules=(), groups=groups, probes=probes)

    exact = program.exact
    return replace(without(program), exact=None if exact is None else (without(exact[0]), exact[1]))
