"""``[workers.NAME]``: backends in a process of their own, in another interpreter, or on another host."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from neurosim.backend import registry
from neurosim.backend.remote.backend import DEADLINE_SECONDS, RemoteBackend
from neurosim.backend.remote.host import Place
from neurosim.edges.toml.table import Number, Table
from neurosim.errors import InputError, SpecError

WorkerName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class WorkerTable(Table):
    """A backend elsewhere; see `neurosim.backend.remote.backend`."""

    backend: str
    python: Annotated[str, Field(min_length=1)] | None = None
    ssh: Annotated[str, Field(min_length=1)] | None = None
    port: int | None = None
    deadline: Annotated[Number, Field(gt=0)] = DEADLINE_SECONDS

    def build(self, name: str) -> RemoteBackend:
        """The backend of that name; nothing is started yet.

        Raises
        ------
        SpecError
            If an installed backend has the name, or ssh could take something for an option.
        """
        if name in registry.names():
            raise SpecError(f"[workers.{name}]: an installed backend is called '{name}'; name the worker otherwise")
        return RemoteBackend(name, self.backend, self.place(name), float(self.deadline))

    def place(self, name: str) -> Place:
        """Where the worker of that name runs.

        Raises
        ------
        SpecError
            If `python`, `ssh` or `port` cannot be used.
        """
        try:
            return Place(self.python, self.ssh, self.port)
        except InputError as error:
            raise SpecError(f"[workers.{name}] {error}") from None
