"""The rules of a program on the host: the statements that the reference executes, for states that were read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from neurosim.device.host_learning.reads import SPIKE, Reads
from neurosim.program.program import Group, ProgramPhase, Rule
from neurosim.program.run import Run
from neurosim.program.schedule import Array
from neurosim.program.source.listing import indent
from neurosim.program.source.past import Past, PastSpikes
from neurosim.program.source.statements import Statements, definitions, spelled
from neurosim.program.source.synapses import Synapses, synapses_of
from neurosim.program.trial.state import PAST
from neurosim.program.variables import VariableKey

Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Moment:
    """A step in which rules fire.

    Attributes
    ----------
    before, after
        By ``group.variable``, states as they were before the step, and after it; of shape (units,).
    driven
        By ``group.variable``, what stimuli were in the step.
    """

    before: Arrays
    after: Arrays
    driven: Arrays


class RulesOnHost:
    """The rules of one run.

    Parameters
    ----------
    run
        Of the program with rules; its constants are those of the rules.
    """

    def __init__(self, run: Run):
        self.run, self.rules = run, run.program.rules
        self.changed = tuple(dict.fromkeys(f"{r.owner}.{v}" for r in self.rules for v, _ in r.update))
        self.reads = Reads(run.program, self.rules)
        self._synapses: Mapping[str, Synapses] = synapses_of(run.program)
        self._functions: dict[tuple[int, bool], Callable[..., None]] = {}
        self._pasts: dict[str, Past] = {n: self._past(n) for n in self.reads.late}

    @property
    def is_in_every_step(self) -> bool:
        """Whether every step matters: some rule may fire in it, or what arrives later is kept in it."""
        return bool(self.reads.late) or any(r.when != "end" for r in self.rules)

    def firing(self, phase: int, ends: bool) -> list[Rule]:
        """Return the rules that fire in a step of a phase, in their order; `ends` for the last one of it."""
        return [r for r in self.rules if r.when != "end" or (ends and r.phase == phase)]

    def go_on_from(self, state: Arrays) -> None:
        """Take from a state what is under way to synapses with delays."""
        for name, past in self._pasts.items():
            past.restart(state[f"{name}.{PAST}"])

    def fire(self, phase: int, ends: bool, moment: Moment, learned: dict[str, Array]) -> None:
        """Change learned arrays in place as rules do in a step."""
        key = (phase, ends)
        if key not in self._functions:
            self._functions[key] = definitions(self._source(phase, ends))["learn"]
        arrays = moment.before, moment.after, moment.driven, self._pasts, self._synapses, self.run.fixed, learned
        self._functions[key](*arrays)

    def _past(self, name: str) -> Past:
        group = self.run.program.group(name)
        kind = PastSpikes if group.output == SPIKE else Past
        return kind(self.run.program.pasts()[name], group.size)

    def _source(self, index: int, ends: bool) -> str:
        s, phase, rules = Statements(self.run), self.run.program.phases[index], self.firing(index, ends)
        reads = self.reads if self.reads.late else Reads(self.run.program, rules)
        lines = [*_arrays(s, self.reads.driven), *(f"{s.past(n)} = pasts['{n}']" for n in reads.late)]
        lines += [f"{s.delivered(k.owner, k.variable)} = before['{k}']" for k in reads.before]
        lines += [line for g in reads.senders for line in _sent(s, g, phase, reads)]
        lines += [f"{spelled(str(k))} = after['{k}']" for k in reads.states]
        lines += [line for n in reads.fired for line in _fired(s, s.groups[n])]
        lines += [line for r in rules for line in s.learn(r, phase)]
        lines += [line for n in reads.late if s.groups[n].is_input for line in s.keep(s.groups[n])]
        head = "def learn(before, after, driven, pasts, synapses, fixed, learned):"
        return "\n".join([head, *indent(1, lines)])


def _arrays(s: Statements, driven: Collection[str]) -> Iterable[str]:
    """Yield the lines that give arrays their names: fixed and learned ones, and what drives populations."""
    stimulated = dict(s.program.stimuli)
    for part in s.program.parts:
        yield from s.fixed_lines(part)
    for g in s.program.groups:
        yield from (f"{g.name}__{v} = learned['{g.name}.{v}']" for v, _ in g.learned)
        for v, default in g.driven:
            if f"{g.name}.{v}" in driven:
                yield f"{g.name}__{v} = driven['{g.name}.{v}']"
            elif f"{g.name}.{v}" not in stimulated:
                yield f"{g.name}__{v} = {s.filled(g.size, repr(default))}"
    for m in s.program.matrices:
        yield from s.synapses_lines(m)
        yield from (f"{m.name}__{v} = learned['{m.name}.{v}']" for v, _ in m.state)
        yield from s.room_for_effective(m)


def _sent(s: Statements, group: Group, phase: ProgramPhase, reads: Reads) -> Iterable[str]:
    """Yield the lines for what a population puts out as the step begins, from its state before."""
    yield from s.present(group, phase)
    if group.name in reads.late and not group.is_input:
        yield from s.keep(group)
    if group.name in reads.arrived:
        yield from s.arrive(group)


def _fired(s: Statements, group: Group) -> Iterable[str]:
    if not group.is_input:
        yield f"{group.name}__out = after['{VariableKey(group.name, SPIKE)}']"
    yield s.fired(group)
