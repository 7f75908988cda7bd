"""What a backend of a file starts or opens as it runs: whoever goes on with a directory of others has to name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurosim.backend.contract import Backend


@dataclass(frozen=True)
class Started:
    """What is started.

    Attributes
    ----------
    kind
        Of what names it: ``worker``, ``board`` or ``mock``.
    what
        The command of a worker, or the link of a board.
    """

    kind: str
    what: str


def started_by(name: str, backends: Mapping[str, Backend]) -> Started | None:
    """Return what a backend of a file starts; None for those that are installed, and mocks on them."""
    from neurosim.backend.remote.backend import RemoteBackend
    from neurosim.device.board.backend import BoardBackend
    from neurosim.device.mock import MockBackend

    backend = backends.get(name)
    if isinstance(backend, MockBackend):
        below = backend.inside
        what = started_by(below.name, {below.name: below})
        return None if what is None else Started("mock", what.what)
    if isinstance(backend, RemoteBackend):
        return Started("worker", backend.place.command)
    if isinstance(backend, BoardBackend):
        return Started("board", f"link = {backend.link}")
    return None
