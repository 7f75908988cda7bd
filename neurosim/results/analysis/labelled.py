"""A result with the labels that tell it from others: which cell of a study, on what, with which seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from neurosim.results.result import Result
from neurosim.results.studies.cell import in_words

Label = str | int | float | bool

SEED = "seed"


@dataclass(frozen=True, eq=False)
class LabelledResult:
    """A result with its labels.

    Attributes
    ----------
    result
        Its arrays may be read when they are asked for.
    study, variant
        Names; empty where the run is of no study.
    settings
        The values of the study's grid by their keys.
    position
        The place of its cell in the study, in whose order tables are.
    """

    result: Result
    study: str = ""
    variant: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    position: int = 0

    @property
    def labels(self) -> dict[str, Label]:
        """By name: study and variant where there are, settings, ``scenario``, ``backend``, ``mode``, ``seed``."""
        named = {n: getattr(self, n) for n in ("study", "variant") if getattr(self, n)}
        settings = {key: _label(value) for key, value in self.settings.items()}
        r = self.result
        return {**named, **settings, "scenario": r.scenario, "backend": r.backend, "mode": r.mode, SEED: r.seed}

    @property
    def source(self) -> str:
        """Where it was read; empty where it was made in memory."""
        return ""


def _label(value: Any) -> Label:
    return value if isinstance(value, (str, int, float, bool)) else in_words(value)


def labelled(results: Iterable[Result | LabelledResult]) -> list[LabelledResult]:
    """Results with their labels; those without have none of a study."""
    return [r if isinstance(r, LabelledResult) else LabelledResult(r) for r in results]


def label_names(runs: Sequence[LabelledResult]) -> list[str]:
    """The names of all labels, in the order of the labels of a run, ``seed`` last."""
    heads = dict.fromkeys(name for run in runs for name in run.labels)
    known = ("study", "variant"), ("scenario", "backend", "mode", SEED)
    first, last = ([n for n in names if n in heads] for names in known)
    return [*first, *(n for n in heads if n not in (*first, *last)), *last]
