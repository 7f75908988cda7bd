"""``[search]``: which settings `neurosim search` tries."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from neurosim.edges.toml.table import Number, Table


class RangeTable(Table):
    """The values of a setting that a search draws from: between low and high, or one of some choices."""

    low: int | Number | None = None
    high: int | Number | None = None
    log: bool = False
    choices: tuple[bool | int | Number | str, ...] | None = Field(default=None, min_length=1, strict=False)

    @model_validator(mode="after")
    def _a_range_or_choices(self) -> RangeTable:
        given = self.model_fields_set
        if given not in ({"choices"}, {"low", "high"}, {"low", "high", "log"}):
            raise ValueError("expected 'low' and 'high', perhaps with 'log', or 'choices'")
        if self.low is not None and self.high is not None:
            if not self.low < self.high:
                raise ValueError("expected low < high")
            if self.log and self.low <= 0:
                raise ValueError("expected low > 0 where log = true")
        return self


class SearchTable(Table):
    """A search of settings; see `neurosim.scenario.search.search`."""

    trials: Annotated[int, Field(ge=1)] = 100
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = Field(default=(0,), min_length=1, strict=False)
    prune_after: Annotated[int, Field(ge=1)] | None = None
    prune_below: Annotated[Number, Field(gt=0, le=1)] | None = None
    range: Annotated[dict[str, RangeTable], Field(min_length=1)]

    @model_validator(mode="after")
    def _both_or_neither(self) -> SearchTable:
        if (self.prune_after is None) != (self.prune_below is None):
            raise ValueError("expected both of 'prune_after' and 'prune_below', or neither")
        return self
