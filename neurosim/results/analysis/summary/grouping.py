"""Which runs make a row: those that share labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neurosim.errors import InputError, nearest
from neurosim.results.analysis.labelled import SEED, Label, LabelledResult, label_names

Labels = tuple[Label, ...]


@dataclass(frozen=True)
class Grouped:
    """Runs by rows.

    Attributes
    ----------
    by
        The names of the labels that rows have.
    rows
        The runs of each row by its labels, in the order of the table.
    pooled
        The names of the labels in which runs of one row and one seed differ.
    twice
        Runs that were left out, as another has the same labels.
    """

    by: tuple[str, ...]
    rows: Mapping[Labels, Sequence[LabelledResult]]
    pooled: tuple[str, ...]
    twice: tuple[LabelledResult, ...]


def grouped(runs: Sequence[LabelledResult], by: Sequence[str] | None) -> Grouped:
    """Group runs by labels; the order of the runs does not matter.

    Parameters
    ----------
    by
        Names of labels; None for those that differ, but for the seed.

    Raises
    ------
    InputError
        For a name that is no label.
    """
    kept, twice = _each_once(sorted(runs, key=_order))
    names = tuple(_that_differ(kept) if by is None else _known(by, kept))
    rows: dict[Labels, list[LabelledResult]] = {}
    for run in kept:
        rows.setdefault(_values(run, names), []).append(run)
    _, *pooled = _refining([SEED], [n for n in label_names(kept) if n not in names], list(rows.values()))
    return Grouped(names, rows, tuple(pooled), tuple(twice))


def _order(run: LabelledResult) -> tuple[object, ...]:
    """By study and cell, then by labels, the reference before other backends."""
    labels = [(name, name == "backend" and label != "reference", in_order(label)) for name, label in run.labels.items()]
    return run.study, run.position, labels, run.source, run.result.accuracy_matrix.tolist()


def in_order(label: Label) -> tuple[bool, float, str]:
    """A key by which numbers come in the order of their size, before texts."""
    is_number = isinstance(label, (int, float))
    return not is_number, float(label) if isinstance(label, (int, float)) else 0.0, str(label)


def _each_once(runs: Sequence[LabelledResult]) -> tuple[list[LabelledResult], list[LabelledResult]]:
    """The first run of each set of labels, and all others."""
    first: dict[tuple[tuple[str, Label], ...], LabelledResult] = {}
    for run in runs:
        first.setdefault(tuple(run.labels.items()), run)
    kept = list(first.values())
    return kept, [run for run in runs if not any(run is k for k in kept)]


def _known(by: Sequence[str], runs: Sequence[LabelledResult]) -> list[str]:
    names = label_names(runs)
    for name in by:
        if name not in names:
            raise InputError(f"by: no label '{name}'; {nearest(name, names)}")
    return list(dict.fromkeys(by))


def _that_differ(runs: Sequence[LabelledResult]) -> list[str]:
    """Labels that tell runs apart; one that follows from those before it, as a mode from its backend, is left out."""
    return _refining([], [n for n in label_names(runs) if n != SEED], [runs]) or ["scenario"]


def _refining(chosen: list[str], names: Sequence[str], groups: Sequence[Sequence[LabelledResult]]) -> list[str]:
    """The chosen names, and those by which some group falls into more parts than by the ones before."""
    for name in names:
        if any(_parts(runs, [*chosen, name]) > _parts(runs, chosen) for runs in groups):
            chosen = [*chosen, name]
    return chosen


def _parts(runs: Sequence[LabelledResult], names: Sequence[str]) -> int:
    return len({_values(run, names) for run in runs})


def _values(run: LabelledResult, names: Sequence[str]) -> Labels:
    return tuple(run.labels.get(n, "") for n in names)
