"""Spikes of all samples in arrays by name: lists for each sample, or one after the other with samples or offsets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from neurosim.errors import InputError
from neurosim.scenario.datasets.own.archives import Archive, Numbers
from neurosim.scenario.datasets.own.finding import label_name
from neurosim.scenario.datasets.own.raw import RawSamples, SpikeLists, check_lengths, row, whole_units

USUAL = {
    "times": ("times", "t"),
    "units": ("units", "neurons", "i"),
    "samples": ("samples", "sample"),
    "offsets": ("offsets",),
}
"""Names that are found, alone or in a group ``spikes``."""


def samples_in(
    archive: Archive, inputs: Mapping[str, str | None], labels: str | None, groups: str | None
) -> RawSamples[SpikeLists]:
    """The samples of a file with spikes.

    Parameters
    ----------
    inputs
        The names of ``times``, ``units``, and ``samples`` or ``offsets``; None for those that are to be found.

    Raises
    ------
    InputError
        For a name that is not there, or cannot be found, and arrays that do not go together.
    """
    y = label_name(archive, labels)
    of_labels = archive.read(y)
    of_groups = None if groups is None else archive.read(archive.known(groups, "groups"))
    if not isinstance(of_labels, list) and of_labels.ndim != 1:
        raise InputError(f"'{y}' has shape {of_labels.shape}; expected one for each sample")
    if of_groups is not None and groups is not None:
        check_lengths({y: len(of_labels), groups: len(of_groups)})
    names = {key: _name(archive, key, inputs.get(key)) for key in USUAL}
    if inputs.get("samples") is not None:
        names["offsets"] = None
    if names["times"] is None or names["units"] is None:
        key = "times" if names["times"] is None else "units"
        raise InputError(f"inputs.{key} is missing; say which of its arrays has them: {', '.join(archive.names[:12])}")
    spikes = _spikes(archive, names["times"], names["units"], names, y, len(of_labels))
    return RawSamples(spikes, of_labels, of_groups, None, row)


def _name(archive: Archive, key: str, given: str | None) -> str | None:
    if given is not None:
        return archive.known(given, f"inputs.{key}")
    usual = [n for name in USUAL[key] for n in (f"spikes/{name}", name) if n in archive.names]
    return usual[0] if usual else None


def _spikes(
    archive: Archive, times: str, units: str, names: Mapping[str, str | None], labels: str, samples: int
) -> SpikeLists:
    of_times, of_units = archive.lists(times), archive.lists(units)
    if (of_times is None) != (of_units is None):
        raise InputError(f"one of '{times}' and '{units}' has a list for each sample; expected both or neither")
    if of_times is not None and of_units is not None:
        return _of_lists([*of_times], [*of_units], (times, units, labels), samples)
    t, u = _flat(archive, times), _flat(archive, units)
    check_lengths({times: len(t), units: len(u)})
    if names["offsets"] is not None:
        offsets = _offsets(_flat(archive, names["offsets"]), names["offsets"], len(t), samples)
        return SpikeLists(t, whole_units(u, _spike), offsets)
    if names["samples"] is not None:
        return _by_sample(t, whole_units(u, _spike), _flat(archive, names["samples"]), names["samples"], samples)
    raise InputError(f"inputs.samples or inputs.offsets is missing: which sample is each spike of '{times}' of?")


def _spike(number: int) -> str:
    return f"spike {number}"


def _flat(archive: Archive, name: str) -> Numbers:
    found = archive.numbers(name)
    if found.ndim != 1:
        raise InputError(f"'{name}' has shape {found.shape}; expected one number for each spike")
    return found


def _of_lists(times: list[Numbers], units: list[Numbers], names: tuple[str, str, str], samples: int) -> SpikeLists:
    check_lengths({names[2]: samples, names[0]: len(times), names[1]: len(units)})
    for k, (t, u) in enumerate(zip(times, units, strict=True)):
        if len(t) != len(u):
            raise InputError(f"{row(k)} has {len(t)} times of spikes, but {len(u)} units")
    offsets = np.concatenate([[0], np.cumsum([len(t) for t in times])]).astype(np.int64)
    flat = whole_units(np.concatenate(units), _in_sample(offsets))
    return SpikeLists(np.concatenate(times), flat, offsets)


def _in_sample(offsets: Numbers) -> Callable[[int], str]:
    spikes = SpikeLists(np.zeros(0), np.zeros(0, np.int64), offsets)
    return lambda k: spikes.place(k, row)


def _offsets(offsets: Numbers, name: str, spikes: int, samples: int) -> Numbers:
    if len(offsets) != samples + 1 or offsets.dtype.kind not in "iu":
        raise InputError(
            f"'{name}' has {len(offsets):,} values of type {offsets.dtype}, expected {samples + 1:,} whole"
        )
    whole = offsets.astype(np.int64)
    if whole[0] != 0 or whole[-1] != spikes or (np.diff(whole) < 0).any():
        raise InputError(f"'{name}' must rise from 0 to {spikes:,}, the number of spikes, and never fall")
    return whole


def _by_sample(times: Numbers, units: Numbers, of: Numbers, name: str, samples: int) -> SpikeLists:
    check_lengths({"units": len(units), name: len(of)})
    sample = whole_units(of, _spike, f"sample in '{name}'")
    if len(sample) and int(sample.max()) >= samples:
        k = int(np.argmax(sample >= samples))
        raise InputError(f"'{name}' has {sample[k]} for spike {k}; expected samples 0 to {samples - 1}, as labels has")
    order = np.argsort(sample, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(sample, minlength=samples))]).astype(np.int64)
    return SpikeLists(times[order], units[order], offsets)
