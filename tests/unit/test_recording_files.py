"""Recordings in files: equal to the bit when they are read, and refused where they are not as they were written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError
from neurosim.results.store import checksummed
from neurosim.simulation import Recording, SampledTrace, SpikeTrain
from neurosim.simulation.recordings import files


@pytest.fixture(scope="module")
def recording() -> Recording:
    leaky = ns.ode(
        "dv/dt = (2 - v)/tau", spike="v > 1", reset={"v": 0}, params={"tau": "7 ms"}, ports={"exc": "v"}, dt="0.1 ms"
    )
    net = ns.NetworkBuilder(seed=1)
    noise = net.source("noise", ns.poisson(6, rate="100 Hz"))
    cells = net.population("cells", 9, leaky, initial={"v": ns.uniform(0, 1)})
    own = net.connect(noise, cells, ns.random(p=0.5), weight=ns.normal(0.1, 0.02))
    net.connect(cells, cells, weight=ns.normal(0, 0.01))
    asked = [cells.v[[7, 2]].every("0.3 ms"), cells.spikes, own.w[:3], noise.spikes[:4]]
    return replace(ns.simulate(net, "40 ms", asked), seconds=0.1 + 0.2, wall=1e-17)


def equal(a: Recording, b: Recording) -> bool:
    assert list(a) == list(b)
    for one, other in zip(a.values(), b.values(), strict=True):
        if isinstance(one, SpikeTrain):
            assert isinstance(other, SpikeTrain)
            np.testing.assert_array_equal(one.events.offsets, other.events.offsets)
            np.testing.assert_array_equal(one.events.indices, other.events.indices)
            assert (one.dt, one.size, one.duration) == (other.dt, other.size, other.duration)
        else:
            assert isinstance(other, SampledTrace)
            for n in ("times", "values", "units"):
                assert getattr(one, n).tobytes() == getattr(other, n).tobytes()
    assert a.learned.keys() == b.learned.keys()
    assert all(a.learned[n].tobytes() == b.learned[n].tobytes() for n in a.learned)
    scalars = ("backend", "kind", "dt", "duration", "seconds", "wall")
    return [getattr(a, n) for n in scalars] == [getattr(b, n) for n in scalars]


def test_a_recording_is_read_as_it_was_written(recording: Recording, tmp_path: Path) -> None:
    recording.save(tmp_path / "new" / "a.h5")
    assert equal(Recording.load(str(tmp_path / "new" / "a.h5")), recording)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["a.h5"]


def test_the_same_recording_gives_the_same_bytes(recording: Recording, tmp_path: Path) -> None:
    contents = []
    for name in ("a.h5", "b.h5"):
        recording.save(tmp_path / name)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]


def test_nothing_recorded_is_read_too(recording: Recording, tmp_path: Path) -> None:
    silent = SpikeTrain(ns.Events([0] * 401, [], 400, 9), 0.1)  # type: ignore[arg-type]
    empty = SpikeTrain(ns.Events([0], [], 0, 9), 0.1)  # type: ignore[arg-type]
    for recorded in ({}, {"cells.spikes": silent}, {"cells.spikes": empty}):
        found = replace(recording, recorded=recorded, learned={})
        found.save(tmp_path / "a.h5")
        assert equal(Recording.load(tmp_path / "a.h5"), found)


def test_h5py_alone_can_read_one(recording: Recording, tmp_path: Path) -> None:
    recording.save(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as file:
        np.testing.assert_array_equal(file["recorded/cells.v/values"], recording["cells.v"].values)  # type: ignore[union-attr]


def test_every_byte_counts(recording: Recording, tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    recording.save(path)
    content = path.read_bytes()
    for at in np.random.default_rng(1).integers(0, len(content), 40):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(InputError, match="its checksum is not that of its contents"):
            Recording.load(path)
    path.write_bytes(content[:-1])
    with pytest.raises(InputError, match=r"a\.h5: no recording: its checksum"):
        Recording.load(path)


def put(name: str, value: Any) -> Callable[[Any], None]:
    """Put something else in the place of an array."""

    def change(file: Any) -> None:
        del file[name]
        if value is not None:
            file[name] = value

    return change


def put_attribute(name: str, value: Any) -> Callable[[Any], None]:
    return lambda file: file.attrs.__setitem__(name, value)


CELLS, V = "recorded/cells.spikes", "recorded/cells.v"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            put_attribute(files.KEY, 2),
            "a recording of format 2; this neurosim reads format 1",
        ),
        (put_attribute("backend", 3.0), "it has no text 'backend'"),
        (put("dt", 0.0), "dt = 0; expected a time above 0"),
        (put("dt", np.nan), "'dt' is no number of at least 0"),
        (put("wall", np.ones(3)), "'wall' is no number of at least 0"),
        (put("duration", None), "there is no 'duration' in it"),
        (put(f"{CELLS}/length", 2**52), "of memory, 10^16 B of it for the 10^15 steps of cells.spikes"),
        (put(f"{CELLS}/length", 1), "in steps that do not ascend from 0 to 0"),
        (put(f"{CELLS}/length", -1), "is no whole number from 0 to"),
        (put(f"{CELLS}/size", 1), "events: units that spike"),
        (put(f"{CELLS}/steps", np.array([3, 2])), "has steps of shape (2,), neurons of shape"),
        (put(f"{CELLS}/steps", h5py.SoftLink("/learned")), "is a link to another place"),
        (put(f"{V}/units", np.array([1])), "values of shape"),
        (put(f"{V}/values", np.ones(3, np.float32)), "has values of type float32, expected float64"),
        (put(f"{V}/values", h5py.ExternalLink("/etc/passwd", "/")), "is a link to another place"),
        (put("learned", 3.0), "'learned' is an array, expected a group"),
        (put("recorded", np.ones(2)), "'recorded' is an array, expected a group"),
    ],
    ids=lambda v: v[:40] if isinstance(v, str) else "",
)
def test_a_forged_file_is_refused(
    recording: Recording, tmp_path: Path, change: Callable[[Any], None], told: str
) -> None:
    recording.save(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as source:

        def fill(file: Any) -> None:
            for name in source:
                source.copy(name, file)
            file.attrs.update(source.attrs)
            change(file)

        checksummed.write_hdf5(tmp_path / "forged.h5", fill)
    with pytest.raises(InputError) as refused:
        Recording.load(tmp_path / "forged.h5")
    assert told in str(refused.value)
    assert str(refused.value).startswith(f"{tmp_path / 'forged.h5'}: ")


def test_what_is_no_recording_is_refused(recording: Recording, tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("neurosim")
    for name, told in (("text.h5", "checksum"), ("none.h5", "No such file"), (".", "it is a folder")):
        with pytest.raises(InputError, match=told):
            Recording.load(tmp_path / name)
    with pytest.raises(InputError, match="a recording cannot be written there"):
        recording.save(tmp_path)
