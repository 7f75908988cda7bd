"""The lines in which differential equations are given: ``dv/dt = -v/tau : volt (unless refractory)``.

A line is a differential equation, a part of equations that has a name (``i = g*(e - v)``), or the unit of a parameter
(``tau : second``). Those who know Brian2 can paste theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from neurosim.edges.values import shown
from neurosim.errors import EquationError, nearest

UNLESS_REFRACTORY = "unless refractory"

_BEGINNING = re.compile(r"(?:d\s*\w+\s*/\s*dt|\w+)\s*(?::|=(?!=))")
_DIFFERENTIAL = re.compile(r"d\s*(\w+)\s*/\s*dt")
_FLAGS = re.compile(r"\s\(([^()]+)\)$")
_BARE_FLAG = re.compile(rf"\(\s*{UNLESS_REFRACTORY}\s*\)$")


class LineKind(Enum):
    """What a line is, with the flags that it may have."""

    DIFFERENTIAL = (UNLESS_REFRACTORY,)
    EXPRESSION = ()
    PARAMETER = ("constant",)


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes
    ----------
    name
        The variable, the part of equations or the parameter.
    text
        The right side; empty for a parameter.
    unit
        As it is written behind the colon; None where there is none.
    unless_refractory
        Whether the variable stands still while a neuron is refractory.
    """

    kind: LineKind
    name: str
    text: str
    unit: str | None
    unless_refractory: bool = False


def read(texts: Sequence[str], where: str) -> tuple[Line, ...]:
    """Return the lines of all texts; what begins no line goes on with the one before, behind ``#`` is a comment.

    Raises
    ------
    EquationError
        For what is no line, a flag that there is not, and a name that two lines have.
    """
    found: dict[str, Line] = {}
    for written in _joined(texts, where):
        line = _line(written, where)
        if line.name in found:
            raise EquationError(f"{where}: two lines are of '{line.name}'; expected one")
        found[line.name] = line
    return tuple(found.values())


def _joined(texts: Sequence[str], where: str) -> Iterator[str]:
    """Lines without comments, each with those that go on with it."""
    for text in texts:
        whole = ""
        for part in (p.partition("#")[0].strip() for p in text.splitlines()):
            if whole and _BEGINNING.match(part):
                yield whole
                whole = part
            else:
                whole = f"{whole} {part}".strip()
        if whole:
            yield whole


def _line(written: str, where: str) -> Line:
    if not _BEGINNING.match(written):
        raise EquationError(
            f"{where}: {shown(written)} is no equation; expected such as 'dv/dt = -v/tau', 'i = g*v' or 'tau : second'"
        )
    head, _, unit = written.partition(":")
    left, equals, right = (p.strip() for p in head.partition("="))
    differential = _DIFFERENTIAL.fullmatch(left)
    name = differential[1] if differential else left
    kind = LineKind.DIFFERENTIAL if differential else LineKind.EXPRESSION if equals else LineKind.PARAMETER
    if equals and not right:
        raise EquationError(f"{where}: {shown(written)} has nothing on its right side")
    unit, flags = _flags(f" {unit.strip()}")
    right, bare = _BARE_FLAG.subn("", right)
    if bare:
        flags = [*flags, UNLESS_REFRACTORY]
    for flag in flags:
        if flag not in kind.value:
            raise EquationError(f"{where}: ({flag}) at {shown(written)}; {nearest(flag, kind.value)}")
    return Line(kind, name, right.strip(), unit or None, bool(flags) and kind is LineKind.DIFFERENTIAL)


def _flags(unit: str) -> tuple[str, list[str]]:
    """What stands behind the colon: the unit, and the flags in brackets behind it."""
    found = _FLAGS.search(unit)
    if found is None:
        return unit.strip(), []
    return unit[: found.start()].strip(), [" ".join(f.split()) for f in found[1].split(",")]
