"""A recording in a file, which shows whether it was altered: HDF5 with a checksum before it.

::

    backend, kind                                 texts, attributes
    dt, duration, seconds, wall, start            numbers
    recorded/NAME/position                        its place among all
    recorded/NAME/steps, neurons, size, length    of each spike; of the population; how many steps there are
    recorded/NAME/times, values, units            of samples, with the attribute measured_in
    learned/NAME                                  in the end
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.edges import files, format_version, hdf5
from neurosim.errors import InputError
from neurosim.program.memory.footprint import NUMBER, MemoryPart, check_memory, figure
from neurosim.program.schedule import Events
from neurosim.program.trial.stimuli.events import MOST_UNITS
from neurosim.results.store import checksummed
from neurosim.simulation.recordings.recording import Recorded, Recording, SampledTrace, SpikeTrain

KEY, FORMAT = "neurosim_recording", 1
"""Its attribute, and the version of the format."""

SCALARS = ("dt", "duration", "seconds", "wall", "start")
"""Numbers of a recording."""


def save(recording: Recording, path: Path) -> None:
    """Write a recording to a file, which then is whole, or as it was before.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    try:
        files.check_target(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        checksummed.write_hdf5(path, lambda file: write(file, recording))
    except OSError as error:
        raise InputError(f"{path}: a recording cannot be written there ({error.strerror or error})") from None


def load(path: Path) -> Recording:
    """Return the recording that `save` wrote, equal to the bit.

    Raises
    ------
    InputError
        If the file is missing, is of another version, or is not as it was written.
    """
    try:
        with checksummed.open_hdf5(path) as (file, _):
            return read(file)
    except checksummed.AlteredFile as error:
        raise InputError(f"{path}: no recording: {error}") from None


def write(file: Any, recording: Recording) -> None:
    """Write a recording into an open file."""
    file.attrs[KEY] = FORMAT
    file.attrs["backend"], file.attrs["kind"] = recording.backend, recording.kind
    for name in SCALARS:
        file[name] = np.float64(getattr(recording, name))
    for position, (name, found) in enumerate(recording.items()):
        for key, values in {"position": np.int64(position), **_arrays(found)}.items():
            file[f"recorded/{name}/{key}"] = values
        if isinstance(found, SampledTrace):
            file[f"recorded/{name}"].attrs["measured_in"] = found.measured_in
    for name, values in recording.learned.items():
        file[f"learned/{name}"] = np.asarray(values, np.float64)


def read(file: Any) -> Recording:
    """Return the recording in an open file.

    Raises
    ------
    InputError
        If it has none, or one of another version.
    """
    format_version.check(file.attrs.get(KEY), FORMAT, "a recording")
    return _recording(file)


def _arrays(found: Recorded) -> dict[str, NDArray[Any] | np.int64]:
    if isinstance(found, SpikeTrain):
        steps, neurons = found.events.pairs().T
        return {
            "steps": steps,
            "neurons": neurons,
            "size": np.int64(found.size),
            "length": np.int64(found.events.steps),
        }
    return {"times": found.times, "values": found.values, "units": np.asarray(found.units, np.int64)}


def _recording(file: Any) -> Recording:
    backend, kind = (hdf5.text(file, name) for name in ("backend", "kind"))
    dt, duration, seconds, wall, start = (_amount(file, name) for name in SCALARS)
    if not dt > 0:
        raise InputError(f"dt = {dt:g}; expected a time above 0")
    learned = {n: _floats(a, f"learned/{n}") for n, a in hdf5.arrays(file, "learned", "f").items()}
    names = sorted(hdf5.names(file, "recorded"), key=lambda n: _whole(file, f"recorded/{n}/position"))
    _check_lengths(file, names)
    recorded = {name: _recorded(file, f"recorded/{name}", dt, round(start / dt)) for name in names}
    return Recording(recorded, backend, kind, dt, duration, learned, seconds, wall, start)


def _check_lengths(file: Any, names: list[str]) -> None:
    """Refuse more steps than there is memory for, for a few bytes of the file can say so."""
    lengths = {n: _whole(file, f"recorded/{n}/length") for n in names if _is_of_spikes(file, f"recorded/{n}")}
    check_memory((MemoryPart(f"the {figure(k)} steps of {n}", NUMBER * k) for n, k in lengths.items()), "the recording")


def _is_of_spikes(file: Any, group: str) -> bool:
    return "neurons" in hdf5.names(file, group)


def _recorded(file: Any, group: str, dt: float, first: int) -> Recorded:
    if not _is_of_spikes(file, group):
        return _trace(file, group)
    size, length = _whole(file, f"{group}/size", MOST_UNITS), _whole(file, f"{group}/length")
    steps, neurons = (hdf5.numbers(file, f"{group}/{n}", "iu") for n in ("steps", "neurons"))
    if steps.ndim != 1 or steps.shape != neurons.shape:
        raise InputError(f"'{group}' has steps of shape {steps.shape}, neurons of shape {neurons.shape}")
    if len(steps) and (steps[0] < 0 or steps[-1] >= length or (steps[1:] < steps[:-1]).any()):
        raise InputError(f"'{group}' has spikes in steps that do not ascend from 0 to {length - 1:,}")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(steps.astype(np.int64), minlength=length))])
    return SpikeTrain(Events(offsets, neurons, length, size), dt, first)


def _trace(file: Any, group: str) -> SampledTrace:
    times, values = (_floats(hdf5.numbers(file, f"{group}/{n}", "f"), group) for n in ("times", "values"))
    units = hdf5.numbers(file, f"{group}/units", "i")
    if times.ndim != 1 or units.ndim != 1 or values.shape != (len(times), len(units)):
        raise InputError(f"'{group}' has {times.shape} times, {units.shape} units and values of shape {values.shape}")
    return SampledTrace(times, values, units.astype(np.int64), hdf5.text(file[group], "measured_in"))


def _floats(values: NDArray[Any], name: str) -> NDArray[np.float64]:
    if values.dtype != np.float64:
        raise InputError(f"'{name}' has values of type {values.dtype}, expected float64")
    return values


def _amount(file: Any, name: str) -> float:
    found = hdf5.numbers(file, name, "f")
    if found.shape != () or not math.isfinite(found) or found < 0:
        raise InputError(f"'{name}' is no number of at least 0")
    return float(found)


def _whole(file: Any, name: str, most: int = 2**53) -> int:
    found = hdf5.numbers(file, name, "iu")
    if found.shape != () or not 0 <= found <= most:
        raise InputError(f"'{name}' is no whole number from 0 to {figure(most)}")
    return int(found)
