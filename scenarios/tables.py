"""What scripts of tables have in common."""

from __future__ import annotations

import functools
import resource
from pathlib import Path
from typing import Any

import numpy as np

import neurosim
from neurosim.scenario import engine, schema

Document = dict[str, Any]


def document(name: str) -> Document:
    """The scenario file of that name, beside this file."""
    return schema.document(schema.text_of(Path(__file__).parent / f"{name}.toml"))


def without(tables: Document, name: str) -> Document:
    """The scenario but for one table."""
    return {k: v for k, v in tables.items() if k != name}


def session_on(backend_name: str) -> engine.OpenSession:
    """How programs are opened on NAME[:MODE]."""
    backend, mode = neurosim.load(backend_name)
    return functools.partial(backend.compile, mode=mode)


def spread(values: list[float]) -> str:
    """Mean ± standard deviation, that of a sample (n - 1)."""
    if len(values) < 2:
        return f"{values[0]:.3f}" if values else "-"
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"


def processor_seconds() -> float:
    """Of this process and of those that it started and that have ended, such as compilers and simulators, so far."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in used)
