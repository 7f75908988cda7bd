"""One part of a run, some trials, as a note and flat arrays: what goes from the session to the Lava process and back.

The note has the program's text, counts, and which stimuli and recordings are spikes. Arrays are named ``kind/name``;
those of a kind ``learned`` lie first, so that they stay in place from part to part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from neurosim.program.listing import Recorder, compiled
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Events
from neurosim_lava.block import AnyArray, Layout

function = lru_cache(maxsize=64)(compiled)
"""The printed function of a text, compiled once."""


@dataclass(frozen=True)
class Request:
    """What the Lava process is asked to do.

    Attributes
    ----------
    layout
        All arrays that it sees.
    arrays
        Those that the session gives.
    wanted
        Those that it wants back.
    """

    note: dict[str, Any]
    layout: Layout
    arrays: dict[str, AnyArray]
    wanted: list[str]


def request(run: Run, source: str, learned: Mapping[str, Array], first: bool, last: bool, threads: int) -> Request:
    """Ask for the trials of `run`, a part; learned arrays go in with the first part and come out with the last."""
    arrays, spiking = _stimuli(run)
    results, recorded = _results(run)
    state = {f"learned/{n}": a for n, a in learned.items()}
    layout = {n: (a.dtype.str, a.shape) for n, a in (state | arrays).items()} | results
    note = {"source": source, "trials": run.count, "steps": run.steps, "threads": threads}
    note |= {"spiking": spiking, "recorded": recorded}
    return Request(note, layout, (state if first else {}) | arrays, [*results, *(state if last else ())])


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


def _results(run: Run) -> tuple[dict[str, tuple[str, tuple[int, ...]]], dict[str, int]]:
    """Room for the recordings, for spikes as many as there can be, and the number of units of those that are spikes."""
    layout: dict[str, tuple[str, tuple[int, ...]]] = {}
    units = {q.name: run.program.group(q.group).size for q in run.program.probes if q.variable == "spike"}
    steps = run.count * run.steps
    for name, array in Recorder(run).arrays.items():
        if name in units:
            layout[f"offsets/{name}"] = ("<i8", (steps + 1,))
            layout[f"indices/{name}"] = ("<i4", (steps * units[name],))
        else:
            layout[f"values/{name}"] = (array.dtype.str, array.shape)
    return layout, units


def execute(note: Mapping[str, Any], arrays: Mapping[str, AnyArray]) -> dict[str, Any]:
    """Run the trials, in the Lava process. Learned arrays change in place.

    Returns
    -------
    dict
        ``failed``: the trial with a state that is not finite, or -1; ``used``: how much of an array has been written,
        where that is not all.
    """
    stimuli: dict[str, Any] = _of_kind(arrays, "values")
    for name, units in note["spiking"].items():
        stimuli[name] = Events(arrays[f"offsets/{name}"], arrays[f"indices/{name}"], note["steps"], units)
    spikes: dict[str, list[Any]] = {name: [] for name in note["recorded"]}
    records = _of_kind(arrays, "values") | spikes
    failed = function(note["source"])(note["trials"], 0, stimuli, _of_kind(arrays, "learned"), records)
    used = {}
    for name, lists in spikes.items() if failed < 0 else ():
        events = Events.from_lists(lists, note["steps"], note["recorded"][name])
        arrays[f"offsets/{name}"][:] = events.offsets
        arrays[f"indices/{name}"][: events.count] = events.indices
        used[f"indices/{name}"] = events.count
    return {"failed": failed, "used": used}


def record(recorder: Recorder, first: int, arrays: Mapping[str, AnyArray]) -> None:
    """Put what came back into the recordings of the whole run, from trial `first` on."""
    for name, whole in recorder.arrays.items():
        if isinstance(whole, list):
            offsets, indices = arrays[f"offsets/{name}"].tolist(), arrays[f"indices/{name}"]
            whole += [indices[a:b] for a, b in pairwise(offsets)]
        else:
            values = arrays[f"values/{name}"]
            whole[first : first + len(values)] = values


def _of_kind(arrays: Mapping[str, AnyArray], kind: str) -> dict[str, Any]:
    return {n.partition("/")[2]: a for n, a in arrays.items() if n.startswith(f"{kind}/")}
