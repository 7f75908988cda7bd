"""The identity of a simulation: all that its results follow from. It goes on only while its identity is the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neurosim.backend.registry import load, versions_of
from neurosim.backend.sessions.pieces import UPDATES_A_SECOND
from neurosim.errors import InputError
from neurosim.model.fixed import FixedArray, digest_of
from neurosim.program.memory.footprint import recorded_bytes, updates
from neurosim.program.program import Program
from neurosim.program.schedule import Array
from neurosim.simulation.description.recordable import Recordable
from neurosim.simulation.running.experiment import Experiment

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]
"""Of a simulation, a backend or a mode; with a colon in it, another backend would be loaded."""


class SimulationIdentity(BaseModel):
    """All that the results of a simulation follow from.

    Attributes
    ----------
    steps, block
        Of the simulation, and of a block, after each of which it is kept.
    record
        Names of what is recorded.
    program, weights, sources
        Digests: of the structure and its constants, of first weights, of what drives the network.
    wirings
        Of each projection that does not connect all to all, the digest of its wiring.
    settings
        Each ``KEY=VALUE`` that took the place of one in the file.
    duration
        That took the place of the one in the file; None for that.
    folder
        Where the file of the network was; None for a call from Python.
    code
        Its name there, if it is in Python.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    simulation: Name
    seed: int
    backend: Name
    mode: Name
    versions: dict[str, str]
    dt: float
    steps: Annotated[int, Field(ge=0)]
    block: Annotated[int, Field(ge=1)]
    learn: bool
    record: tuple[str, ...]
    program: str
    weights: str
    sources: str
    wirings: dict[str, str] = {}
    settings: tuple[str, ...] = ()
    duration: str | None = None
    folder: str | None = None
    code: Name | None = None

    @classmethod
    def of(
        cls, experiment: Experiment, name: str, backend: str, block: int | None = None, **origin: Any
    ) -> SimulationIdentity:
        """Return that of an experiment on a backend.

        Parameters
        ----------
        block
            Steps of a block; None for as many as `block_steps` says.
        origin
            `settings`, `duration`, `folder` and `code`.

        Raises
        ------
        BackendUnavailable
            If the simulator is missing.
        """
        found, mode = load(backend, experiment.workers)
        setup, program = experiment.setup, experiment.program
        usual = block_steps(program, experiment.samples_align)
        return cls(
            simulation=name,
            seed=setup.seed,
            backend=found.name,
            mode=mode,
            versions=versions_of(found),
            dt=setup.dt,
            steps=experiment.steps,
            block=usual if block is None else block,
            learn=experiment.learn,
            record=tuple(r.name for r in experiment.wanted),
            program=_digest(
                [
                    program.to_json(),
                    digest_of(setup.network.fixed()),
                    *(f"{r.name} {_units(r)}" for r in experiment.wanted),
                ]
            ),
            weights=_digest(_of_arrays(experiment.weights)),
            sources=_digest(f"{n} {line}" for n, s in sorted(setup.sources.items()) for line in _of_value(s)),
            wirings={n: wiring.digest for n, wiring in setup.network.wirings().items()},
            **origin,
        )

    def document(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return self.model_dump(mode="json")


def identity_of(document: Mapping[str, Any]) -> SimulationIdentity:
    """Return the identity in a document as JSON has it.

    Raises
    ------
    ValueError
        If the document has another layout.
    """
    try:
        return SimulationIdentity.model_validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from None


SECONDS = 60
"""What a block takes on a slow backend, about: a kill loses so much at the most."""

LARGEST = 2**28
"""Bytes that a block records at most, about."""


def block_steps(program: Program, align: int) -> int:
    """Return the steps of a block; they follow from the program alone, so that any machine writes the same files.

    Parameters
    ----------
    align
        It has a multiple of so many.
    """
    by_time = SECONDS * UPDATES_A_SECOND // max(updates(program), 1)
    by_size = LARGEST // max(recorded_bytes(program), 1)
    return max(min(by_time, by_size) // align, 1) * align


WORDS = {
    "program": "its populations, equations, constants or probes",
    "weights": "its first weights",
    "sources": "its sources",
    "wirings": "its wirings",
}
"""What differs where a digest does."""


def check_same(was: SimulationIdentity, now: SimulationIdentity, where: str) -> None:
    """Refuse to go on with another simulation than the one that began.

    Raises
    ------
    InputError
        Naming what differs.
    """
    for name in sorted(SimulationIdentity.model_fields, key="block".__eq__):  # last, for it follows from the others
        a, b = getattr(was, name), getattr(now, name)
        if a != b:
            what = f"{WORDS[name]} differ" if name in WORDS else f"{name} was {_short(a, b)}, now {_short(b, a)}"
            raise InputError(
                f"{where} has another simulation: {what}; choose another folder, or bring it back as it was"
            )


def _short(value: Any, other: Any) -> str:
    """A value; of a table, what differs from another."""
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(f"{k} {v}" for k, v in value.items() if other.get(k) != v) or "without it"


def _units(wanted: Recordable) -> str:
    return f"{wanted.name} {'all' if wanted.units is None else np.asarray(wanted.units).tolist()}"


def _digest(lines: Iterator[str] | list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _of_arrays(arrays: Mapping[str, Array]) -> Iterator[str]:
    return (f"{n} {FixedArray(np.ascontiguousarray(a)).digest}" for n, a in sorted(arrays.items()))


def _of_value(value: Any) -> Iterator[str]:
    """Lines that differ wherever two sources do."""
    if isinstance(value, FixedArray):
        yield value.digest
    elif is_dataclass(value):
        yield type(value).__name__
        for field in fields(value):
            yield from (f"{field.name} {line}" for line in _of_value(getattr(value, field.name)))
    elif isinstance(value, np.ndarray):
        yield hashlib.sha256(f"{value.dtype} {value.shape}".encode() + value.tobytes()).hexdigest()
    else:
        yield repr(value)
