"""One part of a run, some trials, as a note and flat arrays: what goes from the session to the Lava processes and back.

The note has the texts that processes execute, counts, and which stimuli and recordings are spikes. Arrays are named
``kind/name``; those of the kinds ``learned`` and ``mirror`` lie first, so that they stay in place from part to part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from neurosim.program.listing import Recorder, compiled
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Events
from neurosim_lava.block import AnyArray, Layout

function = lru_cache(maxsize=64)(compiled)
"""The printed function of a text, compiled once."""


@dataclass(frozen=True)
class Plan:
    """How a run is done on a network.

    Attributes
    ----------
    graph
        What the network is made of, plain values; another graph is another network.
    texts
        What each process that has a text executes.
    spans
        The Lava steps of so many trials; between the numbers of a span Lava's own processes are reset.
    mirrored
        Learned arrays of which a second process keeps a copy.
    """

    graph: Mapping[str, Any]
    texts: Mapping[str, str]
    spans: Callable[[int], Sequence[Sequence[int]]]
    mirrored: Sequence[str] = ()


@dataclass(frozen=True)
class Request:
    """What the network is asked to do.

    Attributes
    ----------
    layout
        All arrays that its processes see.
    arrays
        Those that the session gives.
    wanted
        Those that it wants back.
    """

    graph: dict[str, Any]
    spans: list[list[int]]
    note: dict[str, Any]
    layout: Layout
    arrays: dict[str, AnyArray]
    wanted: list[str]


def request(run: Run, plan: Plan, learned: Mapping[str, Array], first: bool, last: bool, threads: int) -> Request:
    """Ask for the trials of `run`, a part; learned arrays go in with the first part and come out with the last."""
    arrays, spiking = _stimuli(run)
    arrays |= {f"failed/{n}": np.full(1, -1) for n in plan.texts}
    results = _results(run)
    recorded = [q.name for q in run.program.probes if q.variable == "spike"]
    state = {f"learned/{n}": a for n, a in learned.items()} | {f"mirror/{n}": learned[n] for n in plan.mirrored}
    layout = {n: (a.dtype.str, a.shape) for n, a in (state | arrays).items()} | results
    spans = [list(span) for span in plan.spans(run.count)]
    note = {"texts": dict(plan.texts), "trials": run.count, "steps": run.steps, "threads": threads}
    note |= {"spiking": spiking, "recorded": recorded, "lava_steps": sum(map(sum, spans))}
    failed = [n for n in arrays if n.startswith("failed/")]
    given = (state if first else {}) | arrays
    return Request(dict(plan.graph), spans, note, layout, given, [*results, *failed, *(state if last else ())])


def _stimuli(run: Run) -> tuple[dict[str, AnyArray], dict[str, int]]:
    """Arrays of the stimuli, and the number of units of those that are spikes."""
    arrays: dict[str, AnyArray] = {}
    spiking = {}
    for name, values in run.stimuli.items():
        if isinstance(values, Events):
            start, stop = values.offsets[0], values.offsets[-1]
            arrays[f"offsets/{name}"] = values.offsets - start
            arrays[f"indices/{name}"] = values.indices[start:stop]
            spiking[name] = values.units
        else:
            arrays[f"values/{name}"] = values
    return arrays, spiking


def _results(run: Run) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Room for the recordings, for spikes as many as there can be."""
    layout: dict[str, tuple[str, tuple[int, ...]]] = {}
    units = {q.name: run.program.group(q.group).size for q in run.program.probes if q.variable == "spike"}
    steps = run.count * run.steps
    for name, array in Recorder(run).arrays.items():
        if name in units:
            layout[f"offsets/{name}"] = ("<i8", (steps + 1,))
            layout[f"indices/{name}"] = ("<i4", (steps * units[name],))
        else:
            layout[f"values/{name}"] = (array.dtype.str, array.shape)
    return layout


class Recorded:
    """Spikes of a probe, written to where the session finds them; `append` is what a printed text calls."""

    def __init__(self, offsets: AnyArray, indices: AnyArray):
        self._offsets, self._indices = offsets, indices
        self._step = self._count = 0
        offsets[0] = 0

    def append(self, fired: AnyArray) -> None:
        stop = self._count + len(fired)
        self._indices[self._count : stop] = fired
        self._count, self._step = stop, self._step + 1
        self._offsets[self._step] = stop


def stimuli(note: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> dict[str, Any]:
    """What a printed text reads, in a Lava process."""
    found: dict[str, Any] = of_kind("values", arrays)
    for name, units in note["spiking"].items():
        found[name] = Events(arrays[f"offsets/{name}"], arrays[f"indices/{name}"], note["steps"], units)
    return found


def records(note: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> dict[str, Any]:
    """What a printed text writes into, in a Lava process."""
    spikes = {n: Recorded(arrays[f"offsets/{n}"], arrays[f"indices/{n}"]) for n in note["recorded"]}
    return of_kind("values", arrays) | spikes


def record(recorder: Recorder, first: int, arrays: Mapping[str, AnyArray]) -> None:
    """Put what came back into the recordings of the whole run, from trial `first` on."""
    for name, whole in recorder.arrays.items():
        if isinstance(whole, list):
            offsets, indices = arrays[f"offsets/{name}"].tolist(), arrays[f"indices/{name}"]
            whole += [indices[a:b] for a, b in pairwise(offsets)]
        else:
            values = arrays[f"values/{name}"]
            whole[first : first + len(values)] = values


def of_kind(kind: str, arrays: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    """The arrays of a kind by their names."""
    return {n.partition("/")[2]: a for n, a in arrays.items() if n.startswith(f"{kind}/")}
