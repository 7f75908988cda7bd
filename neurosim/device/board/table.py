"""``[devices.NAME]`` with a link: a board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from neurosim.backend.contract import Backend
from neurosim.device.board.backend import BoardBackend
from neurosim.device.board.link.address import address
from neurosim.device.board.link.faults import WHAT, LineFault
from neurosim.device.host_learning import Patience
from neurosim.edges.toml.table import Number, Table
from neurosim.errors import InputError, nearest

LoopValue = Literal["trial", "phase"] | Annotated[int, Field(ge=1)]


class FaultTable(Table):
    """Something that goes wrong on purpose; see `neurosim.device.board.link.faults`."""

    call: Annotated[int, Field(ge=1)]
    what: str

    @field_validator("what")
    @classmethod
    def _known(cls, what: str) -> str:
        if what not in WHAT:
            raise ValueError(f"'{what}'; {nearest(what, WHAT)}")
        return what


class BoardTable(Table):
    """A board at the end of a link; see `neurosim.device.board.backend.BoardBackend`."""

    link: Annotated[str, Field(min_length=1)]
    loop: LoopValue | dict[str, LoopValue] | None = None
    deadline: Annotated[Number, Field(gt=0)] = 5.0
    retries: Annotated[int, Field(ge=0)] = 3
    latency_budget_ms: Annotated[Number, Field(gt=0)] | None = None
    over_budget: Literal["warn", "fail"] = "warn"
    lease_wait: Annotated[Number, Field(ge=0)] = 0.0
    faults: list[FaultTable] = Field(default_factory=list)

    @field_validator("link")
    @classmethod
    def _address(cls, link: str) -> str:
        """Refuse a link that is none as the file is read."""
        try:
            address(link)
        except InputError as error:
            raise ValueError(str(error).removeprefix(f"link = {link!r}: ")) from None
        return link

    def backend(self, name: str, others: Mapping[str, Backend]) -> BoardBackend:
        """The board of this name, which is on no other backend; nothing is opened yet."""
        patience = Patience(self.retries, None, self.latency_budget_ms, self.over_budget)
        how: dict[str, Any] = {"deadline": self.deadline, "loop": self.loop, "lease_wait": self.lease_wait}
        faults = [LineFault(fault.call, fault.what) for fault in self.faults]
        return BoardBackend(name, self.link, patience=patience, faults=faults, **how)
