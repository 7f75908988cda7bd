"""What was chosen and done when a graph became a network, or a network a graph: as text, and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neurosim.interchange.nir.choices import NAMES, Choices

WIDTH = 80


@dataclass(frozen=True)
class Remark:
    """Something that was done, or that others will do otherwise.

    Attributes
    ----------
    where
        A part of the network, a node, or ``"graph"``.
    """

    where: str
    text: str


@dataclass(frozen=True)
class Report:
    """What was chosen and done; print it, or take it as data.

    Parameters
    ----------
    title
        What was read or written.
    choices
        All that NIR leaves open, and whose each choice is.
    parts
        What each part of the network is made of, or each node, by name.
    remarks
        All else.

    Examples
    --------
    >>> import neurosim as ns
    >>> print(ns.nir.Report("example", ns.nir.Choices(), {"a": "an input"}))
    example
    dt             0.1 ms      default
    integrator     euler       default
    reset          value       default
    current        new         default
    charge         current     default
    threshold      above       default
    bias           aligned     default
    feedback_bias  at-once     default
    delays         nearest     default
    chains         multiplied  default
    input          events      default
    a: an input
    """

    title: str
    choices: Choices
    parts: Mapping[str, str]
    remarks: Sequence[Remark] = ()

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int = WIDTH) -> str:
        """As lines of at most so many characters."""
        lines = [self.title]
        for name, value in self.choices.as_data().items():
            shown = f"{value:g} ms" if name == "dt" else str(value)
            lines.append(f"{name:<13}  {shown:<10}  {self.choices.origin.get(name, 'default')}")
        for where, told in [*self.parts.items(), *((r.where, r.text) for r in self.remarks)]:
            lines += textwrap.wrap(f"{where}: {told}", width, subsequent_indent="    ", break_on_hyphens=False)
        return "\n".join(line.rstrip() for line in lines)

    def as_data(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        values = self.choices.as_data()
        origin = self.choices.origin
        return {
            "title": self.title,
            "choices": {n: {"value": values[n], "from": origin.get(n, "default")} for n in NAMES},
            "parts": dict(self.parts),
            "remarks": [{"where": r.where, "text": r.text} for r in self.remarks],
        }

    def to_json(self) -> str:
        """As JSON."""
        return json.dumps(self.as_data(), indent=2)
