"""Finding backends: entry points `neurosim.backends`, names like ``brian2`` or ``brian2:cython``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

from neurosim.edges.extensions.entry_points import installed
from neurosim.edges.foreign_errors import border
from neurosim.errors import BackendError, BackendUnavailable, UnknownBackend, nearest

if TYPE_CHECKING:
    from neurosim.backend.contract import Backend, Session
    from neurosim.program.program import Program

GROUP = "neurosim.backends"

UNUSABLE = (BackendUnavailable, BackendError)
"""What is raised where a backend, or the worker that it is in, cannot be used here."""


def names() -> list[str]:
    """Names of all installed backends, the reference first."""
    return sorted({e.name for e in installed(GROUP)}, key=lambda n: (n != "reference", n))


def load(name: str, others: Mapping[str, Backend] | None = None) -> tuple[Backend, str]:
    """The backend and mode of ``NAME[:MODE]``.

    Parameters
    ----------
    others
        Backends that can be named beside the installed ones: the workers of a scenario.

    Raises
    ------
    UnknownBackend
        For a name that nobody provides, or a mode that the backend does not have.
    BackendUnavailable
        If the backend's module or simulator is not installed.
    """
    from neurosim.edges.values import text  # with NumPy, which a list of names does without

    plain, _, mode = text(name, "backend", error=UnknownBackend).partition(":")
    others = others or {}
    backend = others[plain] if plain in others else _instance(_entry_point(plain, others))
    with border(f"backend {plain}: it cannot tell its capabilities", BackendUnavailable):
        modes = tuple(backend.capabilities().modes)
    if mode and mode not in modes:
        raise UnknownBackend(f"backend '{name}': {plain} has no mode '{mode}'; {nearest(mode, modes)}")
    return backend, mode or modes[0]


def versions_of(backend: Backend) -> dict[str, str]:
    """What a backend says about versions; whatever it raises says that it cannot be used.

    Raises
    ------
    BackendUnavailable
        If its simulator is missing, or the backend cannot tell.
    """
    with border(f"backend {backend.name} cannot tell its versions", BackendUnavailable):
        return backend.versions()


def opener(backend: Backend, mode: str) -> Callable[[Program], Session]:
    """``backend.compile`` in a mode; what is raised there is neurosim's own, and names the backend.

    Raises
    ------
    BackendError
        For whatever else a simulator raises.
    """

    def open_session(program: Program) -> Session:
        with border(f"backend {backend.name}:{mode} cannot compile mode {program.mode}", BackendError):
            return backend.compile(program, mode=mode)

    return open_session


def _entry_point(name: str, others: Iterable[str]) -> EntryPoint:
    for e in installed(GROUP):
        if e.name == name:
            return e
    raise UnknownBackend(f"backend '{name}': no installed package provides it; {nearest(name, [*names(), *others])}")


def _instance(entry: EntryPoint) -> Backend:
    with border(f"backend {entry.name}: its module cannot be imported", BackendUnavailable):
        kind = entry.load()
    with border(f"backend {entry.name}: it cannot be made", BackendUnavailable):
        backend: Backend = kind()
    return backend
