"""The ladder from float64 to a chip: the same weights on each rung, and what each rung costs in accuracy.

They are learned once, in float64. Then each rung tests them: the bits that a chip's weights have, the chip.
Imperfections can be taken alone, and layers alone, which tells where a loss comes from; such losses do not add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.backend import registry
from neurosim.backend.contract import Session
from neurosim.device.board.backend import BoardBackend
from neurosim.device.mock import MockBackend
from neurosim.device.silicon import Silicon
from neurosim.errors import InputError, nearest
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Events
from neurosim.results.agreement.differences import spikes_that_differ
from neurosim.scenario import engine
from neurosim.scenario.listeners.events import Listener, RunPhase
from neurosim.scenario.preparation import Prepared, plan, with_data
from neurosim.scenario.streams import SampleRefs

FLOAT, QUANTISED = "float", "quantised"
"""Rungs that every ladder can have: float64, and the weights of the chip that follows, which is else ideal."""

FEW_BITS = ("weight_bits", "weight_range")
"""The figures of a chip that is ideal but for the bits of its weights."""


Device = MockBackend | BoardBackend
"""What a rung below the simulators is."""


@dataclass(frozen=True)
class Rung:
    """What one rung does to the weights that were learned on the first.

    Attributes
    ----------
    kind
        ``reference``, ``simulated``, ``mock``, ``firmware`` and so on, as its session tells.
    accuracy
        Of all samples of all tasks.
    loss
        What the rung costs: the accuracy of the one above it, or of `against`, less its own.
    tier
        ``T0`` where all outputs and spikes are those of the rung above, bit for bit; else ``none``.
    against
        The rung that it is compared with.
    """

    name: str
    kind: str
    accuracy: float
    loss: float
    tier: str
    against: str

    def as_data(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "name": self.name,
            "kind": self.kind,
            "accuracy": self.accuracy,
            "loss": self.loss,
            "tier": self.tier,
            "against": self.against,
        }


@dataclass(frozen=True)
class Tested:
    """What a test found."""

    kind: str
    accuracy: float
    outputs: Array
    spikes: Mapping[str, Events]


@dataclass(frozen=True)
class TestBed:
    """Where a rung tests: a program in a number format, and what opens a session of it."""

    name: str
    against: str
    prepared: Prepared
    open_session: Callable[[Program], Session]


def climb(
    prepared: Prepared,
    names: Sequence[str],
    each: bool,
    seed: int = 0,
    backend: str = "reference",
    listener: Listener | None = None,
) -> list[Rung]:
    """Learn in float64, and test on each rung.

    Parameters
    ----------
    names
        Of the rungs, from the top: ``float``, ``quantised``, and devices of the scenario.
    each
        Whether each imperfection of the last device follows alone, and each layer, where it is a mock.
    backend
        That the weights are learned on, and the rungs are tested on that are no device.

    Raises
    ------
    InputError
        For a rung that there is not.
    NeurosimError
        If a backend fails.
    """
    exact = with_data(plan(prepared.scenario.in_float64()), prepared.data, prepared.part)
    devices = {n: b for n, b in prepared.scenario.backends().items() if isinstance(b, Device)}
    places = list(_places(prepared, exact, names, devices, backend, each))
    result = engine.run_prepared(exact, registry.opener(*registry.load(backend)), seed, listener=listener)
    learned = result.stages[-1].learned
    found: dict[str, Tested] = {}
    rungs = []
    for place in places:
        found[place.name] = tested = _tested(place, learned, seed)
        above = found.get(place.against, tested)
        loss = above.accuracy - tested.accuracy
        rungs.append(Rung(place.name, tested.kind, tested.accuracy, loss, _tier(above, tested), place.against))
    return rungs


def _places(
    prepared: Prepared,
    exact: Prepared,
    names: Sequence[str],
    devices: Mapping[str, Device],
    backend: str,
    each: bool,
) -> Iterator[TestBed]:
    known = [FLOAT, QUANTISED, *devices]
    above = names[0]
    for k, name in enumerate(names):
        if name not in known:
            raise InputError(f"--ladder: no rung '{name}'; {nearest(name, known)}")
        if name == FLOAT:
            yield TestBed(name, above, exact, registry.opener(*registry.load(backend)))
        else:
            device = _device(name, names[k:], devices, backend)
            yield TestBed(name, above, prepared, _opener(device))
        above = name
    last = devices.get(names[-1])
    if each and isinstance(last, MockBackend):
        yield from _apart(prepared, last, names)


def _device(name: str, below: Sequence[str], devices: Mapping[str, Device], backend: str) -> Device:
    """The device of a rung; of ``quantised`` one that has the bits of the next."""
    if name != QUANTISED:
        return devices[name]
    coming = next((devices[n] for n in below if n in devices), None)
    if not isinstance(coming, MockBackend):
        return MockBackend(QUANTISED, backend, Silicon())
    return coming.with_silicon(QUANTISED, Silicon(**{f: getattr(coming.silicon, f) for f in FEW_BITS}))


def _apart(prepared: Prepared, device: MockBackend, names: Sequence[str]) -> Iterator[TestBed]:
    """Each imperfection of a device alone, and all of them in one layer alone."""
    against = names[0]
    for figure, silicon in device.silicon.alone():
        named = f"{device.name}: {figure}"
        yield TestBed(named, against, prepared, _opener(device.with_silicon(named, silicon)))
    for layer in _layers(prepared):
        named = f"{device.name} in {layer[0]}"
        yield TestBed(named, against, prepared, _opener(device.with_parts(named, layer)))


def _layers(prepared: Prepared) -> list[tuple[str, ...]]:
    """Each population that is no input, with the projections to it."""
    groups = [g.name for g in prepared.programs["wake"].groups if not g.is_input]
    return [(g, *(j.name for j in prepared.network.projections if j.post == g)) for g in groups]


def _opener(device: Device) -> Callable[[Program], Session]:
    return registry.opener(device, device.mode)


def _tested(place: TestBed, learned: Mapping[str, Array], seed: int) -> Tested:
    """Test weights on all tasks after the last."""
    run_state, method, part = place.prepared.begin(seed), place.prepared.method, place.prepared.part
    run_state.restore(learned)
    shown = SampleRefs.joined([t.shows(t.part(part)) for t in run_state.tasks])
    trials, constants = method.trials(run_state, shown)
    with place.open_session(run_state.programs["wake"]) as session:
        run_state.sessions["wake"] = session
        records, _ = run_state.run("wake", trials, constants, False, RunPhase.TEST, run_state.tasks[-1])
    outputs = method.scores(records)
    right = outputs.argmax(axis=1) == run_state.labels(shown)
    spikes = {n: p for n, p in records.probes.items() if isinstance(p, Events)}
    return Tested(records.kind, float(right.mean()), outputs, spikes)


def _tier(above: Tested, own: Tested) -> str:
    spikes = sum(spikes_that_differ(e, own.spikes[n]) for n, e in above.spikes.items())
    return "T0" if np.array_equal(above.outputs, own.outputs) and not spikes else "none"
