"""A warning for constants that a phase sets and no equation reads: nothing else would show that they have no effect."""

from __future__ import annotations

import warnings

from neurosim.model.equations.expressions import names_in, parse
from neurosim.program.constants import ConstantKey
from neurosim.program.program import Program


def warn_of_unread(program: Program) -> None:
    """Warn of each constant of a phase on which nothing depends that the program delivers, learns or records."""
    read = _read(program)
    for phase in program.phases:
        for key in phase.overridden:
            if key not in read:
                text = f"phase {phase.name}: no equation in use reads the constant '{key}', so it changes nothing"
                warnings.warn(text, UserWarning, stacklevel=3)


def _read(program: Program) -> set[ConstantKey]:
    """The constants of groups that an equation reads, directly or through those that follow from them.

    Variables that an equation reads are among them: they have names of their own.
    """
    read = set()
    for g in program.groups:
        texts = [t for _, t in (*g.update, *g.reset, *g.present)] + ([g.spike] if g.spike else [])
        texts += [t for p in program.phases for group, _, t in p.assign if group == g.name]
        texts += [t for r in program.rules if r.owner == g.name for _, t in r.equations]
        read |= {ConstantKey(g.name, n) for n in _names(texts)}
    for r in program.rules:
        if r.of_matrix:
            m = program.matrix(r.owner)
            ends = {"pre": m.pre, "post": m.post}
            sided = [n.split(".") for n in _names([t for _, t in r.equations]) if "." in n]
            read |= {ConstantKey(ends[side], n) for side, n in sided}
    for g in program.groups:
        for n, text in reversed(g.derived):  # each after those that it reads
            if ConstantKey(g.name, n) in read:
                read |= {ConstantKey(g.name, source) for source in names_in(parse(text))}
    return read


def _names(texts: list[str]) -> set[str]:
    return set().union(*(names_in(parse(t)) for t in texts))
