"""What `neurosim doctor` checks: system, Python, compiler, cache, and a small run on every backend."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from neurosim.backend import cache, registry
from neurosim.cli.progress import Progress
from neurosim.edges.foreign_errors import border
from neurosim.errors import BackendError, NeurosimError
from neurosim.program.precision import Grid
from neurosim.program.schedule import Array
from neurosim.testing.cases.small import ep_one_sided

TESTED = ("Linux", "x86_64")
"""The system and the machine that the tests run on."""


@dataclass(frozen=True)
class Finding:
    """One thing checked: `state` is "ok", "missing" (not needed by everyone), "untried" (never tested) or "broken"."""

    what: str
    state: str
    detail: str

    def as_data(self) -> dict[str, Any]:
        """The fields by name, for ``--json``."""
        return asdict(self)


def examine(progress: Progress) -> Iterator[Finding]:
    """Check one thing after another, and give what was found of each."""
    yield system_of(platform.system(), platform.machine(), platform.release())
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield _compiler()
    yield _cache()
    expected = _learned_by("reference")
    for name in registry.names():
        progress.say(name)
        yield _backend(name, expected)


def system_of(name: str, machine: str, release: str) -> Finding:
    """Whether a system is the one that neurosim is tested on (``docs/reference/support.md``).

    Parameters
    ----------
    name, machine, release
        The values that `platform` gives: ``"Linux"``, ``"x86_64"``, ``"6.8.0"``.
    """
    in_windows = "microsoft" in release.lower()  # the kernel of WSL says so
    here = f"{name} {machine}{' in WSL' if in_windows else ''}"
    if (name, machine) != TESTED or in_windows:
        return Finding("system", "untried", f"{here}: neurosim was not tested here, only on {' '.join(TESTED)}")
    return Finding("system", "ok", f"{here}: neurosim is tested on it")


def _compiler() -> Finding:
    missing = [tool for tool in ("g++",) if shutil.which(tool) is None]
    if missing:
        return Finding(
            "compiler", "missing", "no g++: Brian2 runs without its fast standalone mode; install g++ to have it"
        )
    return Finding("compiler", "ok", f"g++ at {shutil.which('g++')}")


def _cache() -> Finding:
    try:
        folder = cache.made()
    except BackendError as error:
        return Finding("cache", "broken", str(error))
    return Finding("cache", "ok", f"compiled programs are kept in {folder}")


def _learned_by(name: str) -> dict[str, Array]:
    """Weights after a small training run under grid arithmetic."""
    backend, mode = registry.load(name)
    case = ep_one_sided(0.5)
    program = case.program(Grid())
    with backend.compile(program, mode=mode) as session:
        session.write(case.learned_for(program))
        session.run(case.trials, constants=case.constants)
        return session.read()


def _backend(name: str, expected: dict[str, Array]) -> Finding:
    try:
        versions = registry.versions_of(registry.load(name)[0])
    except registry.UNUSABLE as error:
        return Finding(name, "missing", str(error))
    start = time.perf_counter()
    try:
        with border(f"backend {name} failed"):
            learned = _learned_by(name)
    except NeurosimError as error:
        return Finding(name, "broken", str(error))
    if not all(np.array_equal(learned[n], expected[n]) for n in expected):
        return Finding(name, "broken", "a small training run gives other weights than the reference")
    detail = ", ".join(f"{n} {v}" for n, v in versions.items())
    return Finding(
        name, "ok", f"{detail}; a small training run equals the reference, {time.perf_counter() - start:.1f} s"
    )
