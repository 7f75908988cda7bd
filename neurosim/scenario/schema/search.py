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
    at_once: Annotated[int, Field(ge=1)] = 1
    seeds: tuple[Annotated[int, Field(ge=0)], ...] = Field(default=(0,), min_length=1, strict=False)
    prune_after: Annotated[int, Field(ge=1)] | None = None
    prune_below: Annotated[Number, Field(gt=0, le=1)] | None = None
    finalists: Annotated[int, Field(ge=1)] | None = None
    final_seeds: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(default=None, min_length=1, strict=False)
    range: Annotated[dict[str, RangeTable], Field(min_length=1)]

    @model_validator(mode="after")
    def _both_or_neither(self) -> SearchTable:
        for one, other in (("prune_after", "prune_below"), ("finalists", "final_seeds")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(f"expected both of '{one}' and '{other}', or neither")
        return self

    @model_validator(mode="after")
    def _fresh_seeds(self) -> SearchTable:
        self.check_final_seeds()
        return self

    def check_final_seeds(self) -> None:
        """Refuse final seeds that trials have, or that are there twice.

        Raises
        ------
        ValueError
            Naming the seeds.
        """
        final = self.final_seeds or ()
        if twice := {seed for seed in final if final.count(seed) > 1}:
            raise ValueError(f"final_seeds: expected each seed once; {_listed(twice)} is there more than once")
        if known := {*final} & {*self.seeds}:
            raise ValueError(f"final_seeds: expected seeds that no trial has; seeds has {_listed(known)}, too")


def _listed(seeds: set[int]) -> str:
    return ", ".join(map(str, sorted(seeds)))
