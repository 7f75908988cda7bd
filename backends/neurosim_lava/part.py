"""One part of a run, some trials, as a note and flat arrays: what the session and the Lava processes share.

The note has the texts that processes execute, counts, and which stimuli and recordings are spikes. Arrays are named
``kind/name``; those of the kinds ``learned``, ``mirror``, ``wiring``, ``selection`` and ``fixed`` lie first, so that
they stay in place from part to part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from neurosim.model.connectivity import Wiring
from neurosim.program.program import Selection
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Events, Recording
from neurosim.program.source import blocks
from neurosim.program.source.operations import OPERATIONS
from neurosim.program.source.recorder import STATE, ChosenSpikes, ChosenUnits, Recorder
from neurosim.program.source.statements import definitions
from neurosim.program.source.synapses import Synapses
from neurosim_lava.block import AnyArray


@lru_cache(maxsize=64)
def function(text: str) -> Any:
    """The printed function of a text, compiled once."""
    return definitions(text, blocks.SCOPE)["run"]


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
    counts
        Whether the texts see all that is delivered, and count its effective synaptic operations.
    in_blocks
        Whether the texts are of many trials at once.
    """

    graph: Mapping[str, Any]
    texts: Mapping[str, str]
    spans: Callable[[int], Sequence[Sequence[int]]]
    mirrored: Sequence[str] = ()
    counts: bool = True
    in_blocks: bool = False


@dataclass(frozen=True)
class Request:
    """What a network is asked to do.

    Attributes
    ----------
    note
        What its processes read first; with the layout of all arrays that they see.
    state
        Learned and fixed arrays, what mirrors learned ones, and wiring: those that stay in place from part to part.
    arrays
        What else the session gives.
    """

    graph: dict[str, Any]
    spans: list[list[int]]
    note: dict[str, Any]
    state: dict[str, AnyArray]
    arrays: dict[str, AnyArray]


def request(
    run: Run, plan: Plan, learned: Mapping[str, Array], threads: int, state_of_trial: Mapping[str, Array]
) -> Request:
    """Ask for the trials of `run`, a part, from the learned arrays with which its whole began.

    Parameters
    ----------
    state_of_trial
        Of a run of one trial, its state; else nothing.
    """
    arrays, spiking = _stimuli(run)
    arrays |= {f"{STATE}/{n}": a for n, a in state_of_trial.items()}
    arrays |= {f"failed/{n}": np.full(1, -1) for n in plan.texts}
    arrays |= {f"{OPERATIONS}/{n}": np.zeros(1, np.int64) for n in plan.texts}
    state: dict[str, AnyArray] = {f"learned/{n}": a for n, a in learned.items()}
    state |= {f"mirror/{n}": learned[n] for n in plan.mirrored}
    wirings = run.program.wirings()
    state |= {f"wiring/{n}/{side}": indices for n, w in wirings.items() for side, indices in w.arrays().items()}
    state |= {f"selection/{n}": s.units for n, s in run.program.selections().items()}
    state |= {f"fixed/{n}": a for n, a in run.fixed.items()}
    layout = {n: (a.dtype.str, a.shape) for n, a in (state | arrays).items()} | _results(run)
    spans = [list(span) for span in plan.spans(run.count)]
    note = {"texts": dict(plan.texts), "trials": run.count, "steps": run.steps, "threads": threads, "layout": layout}
    together = next(iter(blocks.in_blocks(run)))[1].count if plan.in_blocks else run.count
    note |= {"together": together, "spiking": spiking, "recorded": _recorded(run), "lava_steps": sum(map(sum, spans))}
    sizes = {g.name: g.size for g in run.program.groups}
    note["learned"] = [q.name for q in run.program.probes if run.program.is_learned(q)]
    note["wired"] = {m.name: (sizes[m.pre], sizes[m.post]) for m in run.program.matrices if m.name in wirings}
    return Request(dict(plan.graph), spans, note, state, arrays)


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
            arrays[f"stimuli/{name}"] = values
    return arrays, spiking


def _recorded(run: Run) -> dict[str, int]:
    """The probes of spikes, and the number of units of each."""
    return {q.name: run.program.group(q.group).size for q in run.program.probes if q.variable == "spike"}


def _results(run: Run) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Room for the recordings, for spikes as many as there can be."""
    layout: dict[str, tuple[str, tuple[int, ...]]] = {}
    units = _recorded(run)
    steps = run.count * run.steps
    for name, array in Recorder(run).rooms.items():
        if name in units:
            layout[f"offsets/{name}"] = ("<i8", (steps + 1,))
            layout[f"indices/{name}"] = ("<i4", (steps * units[name],))
        else:
            layout[f"records/{name}"] = (array.dtype.str, array.shape)
    return layout


class Recorded:
    """Spikes of a probe, written to where the session finds them; a printed text takes it for a list."""

    def __init__(self, offsets: AnyArray, indices: AnyArray):
        self._offsets, self._indices = offsets, indices
        self._step = self._count = 0
        offsets[0] = 0

    def append(self, fired: AnyArray) -> None:
        """Write the indices of the units that fired in a step."""
        stop = self._count + len(fired)
        self._indices[self._count : stop] = fired
        self._count, self._step = stop, self._step + 1
        self._offsets[self._step] = stop

    def __iadd__(self, fired: Iterable[AnyArray]) -> Recorded:
        """Write those of several steps."""
        for step in fired:
            self.append(step)
        return self


def stimuli(note: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> dict[str, Any]:
    """What a printed text reads, in a Lava process."""
    by_name: dict[str, Any] = of_kind("stimuli", arrays)
    for name, units in note["spiking"].items():
        by_name[name] = Events(arrays[f"offsets/{name}"], arrays[f"indices/{name}"], note["steps"], units)
    return by_name


def records(note: Mapping[str, Any], arrays: Mapping[str, AnyArray], process: str) -> dict[str, Any]:
    """What the printed text of a process writes into; each counts for itself."""
    rooms: dict[str, Any] = of_kind("records", arrays)
    rooms |= {n: Recorded(arrays[f"offsets/{n}"], arrays[f"indices/{n}"]) for n in note["recorded"]}
    for name, units in of_kind("selection", arrays).items():
        if name in note["recorded"]:
            rooms[name] = ChosenSpikes(rooms[name], Selection(units), note["recorded"][name])
        else:
            rooms[name] = ChosenUnits(rooms[name], Selection(units), flat=name in note["learned"])
    state = of_kind(STATE, arrays)
    kept = {STATE: state} if state else {}
    return rooms | kept | {OPERATIONS: arrays[f"{OPERATIONS}/{process}"]}


def synapses(note: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> dict[str, Synapses]:
    """What the printed text of a process reads of sparse matrices, by their names; the same for all of its requests."""
    return {
        name: Synapses(Wiring.of(**of_kind(f"wiring/{name}", arrays)), sources, targets)
        for name, (sources, targets) in note["wired"].items()
    }


class Recordings:
    """What has come back of a run, part by part."""

    def __init__(self, run: Run):
        self._arrays = Recorder(run)
        self._spikes: dict[str, list[Events]] = {}

    def add(self, first: int, note: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> None:
        """Copies of a part's, from trial `first` on."""
        self._arrays.arrays[OPERATIONS] += sum(of_kind(OPERATIONS, arrays).values())
        if (state := self._arrays.state) is not None:
            state |= {n: a.copy() for n, a in of_kind(STATE, arrays).items()}
        for name, whole in self._arrays.rooms.items():
            if name in note["recorded"]:
                offsets = arrays[f"offsets/{name}"].copy()
                indices = arrays[f"indices/{name}"][: offsets[-1]].copy()
                spikes = Events(offsets, indices, note["steps"], note["recorded"][name])
                self._spikes.setdefault(name, []).append(spikes)
            else:
                values = arrays[f"records/{name}"]
                whole[first : first + len(values)] = values

    @property
    def state(self) -> dict[str, Array] | None:
        """Of a run of one trial, the state with which it begins, and then what it leaves; else None."""
        return self._arrays.state

    @property
    def operations(self) -> int:
        """Effective synaptic operations that processes with a text counted."""
        return self._arrays.operations

    def probes(self) -> dict[str, Recording]:
        """All recordings of the run, by probe."""
        return self._arrays.probes() | {n: Events.joined(parts) for n, parts in self._spikes.items()}


def of_kind(kind: str, arrays: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    """The arrays of a kind by their names."""
    return {n.removeprefix(f"{kind}/"): a for n, a in arrays.items() if n.startswith(f"{kind}/")}
