"""``[devices.NAME]`` with a link: a board."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from neurosim.device.board.backend import BoardBackend
from neurosim.device.board.link.address import address
from neurosim.device.host_learning import Patience
from neurosim.edges.toml.table import Number, Table
from neurosim.errors import InputError

LoopValue = Literal["trial", "phase"] | Annotated[int, Field(ge=1)]


class BoardTable(Table):
    """A board at the end of a link; see `neurosim.device.board.backend.BoardBackend`."""

    link: Annotated[str, Field(min_length=1)]
    loop: LoopValue | dict[str, LoopValue] | None = None
    deadline: Annotated[Number, Field(gt=0)] = 5.0
    retries: Annotated[int, Field(ge=0)] = 3
    latency_budget_ms: Annotated[Number, Field(gt=0)] | None = None
    over_budget: Literal["warn", "fail"] = "warn"

    @field_validator("link")
    @classmethod
    def _address(cls, link: str) -> str:
        """Refuse a link that is none as the file is read."""
        try:
            address(link)
        except InputError as error:
            raise ValueError(str(error)) from None
        return link

    def backend(self, name: str) -> BoardBackend:
        """The board of this name; nothing is opened yet."""
        patience = Patience(self.retries, None, self.latency_budget_ms, self.over_budget)
        return BoardBackend(name, self.link, deadline=self.deadline, loop=self.loop, patience=patience)
