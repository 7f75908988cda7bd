"""What a scenario file says about a search of its settings: ranges, and the scenarios and files with values of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import tomlkit

from neurosim.edges.toml import setting_paths
from neurosim.edges.toml.setting_paths import Place, Setting
from neurosim.errors import NeurosimError, SpecError
from neurosim.scenario import schema
from neurosim.scenario.preparation import plan
from neurosim.scenario.schema import Document, RangeTable, Scenario, SearchTable
from neurosim.scenario.schema.varied.extending import moved_paths

FIXED = ("search", "data", "scenario")
"""Tables that are the same in all trials."""

NOT_OF_A_TRIAL = ("trials", "at_once", "seeds", "finalists", "final_seeds")
"""Keys of [search] that do not decide what a trial tries and is worth, or not as they stand in the file."""


@dataclass(frozen=True)
class Range:
    """The values that a search draws for one key, and the places that get them."""

    key: str
    places: tuple[Place, ...]
    table: RangeTable
    whole: bool

    @property
    def extremes(self) -> tuple[Setting, ...]:
        """The values that the scenario must accept: every choice, or both ends."""
        t = self.table
        if t.choices is not None:
            return t.choices
        assert t.low is not None
        assert t.high is not None
        return t.low, t.high

    @property
    def words(self) -> str:
        """The choices, or the ends, as a table shows them."""
        if self.table.choices is not None:
            return ", ".join(map(str, self.table.choices))
        low, high = self.extremes
        return f"{low:g} to {high:g}"

    def setting(self, drawn: Any) -> Setting:
        """The value that is tried for one drawn: one that is not whole has four digits, to be readable in a file."""
        if self.table.choices is not None or self.whole:
            return drawn  # type: ignore[no-any-return]
        low, high = self.extremes
        return min(max(float(f"{drawn:.4g}"), float(low)), float(high))


@dataclass(frozen=True, eq=False)
class Search:
    """What a scenario file says about a search.

    Attributes
    ----------
    file_text, document
        The file as text, and as tables and values.
    """

    path: Path
    file_text: str
    document: dict[str, Any]
    table: SearchTable
    ranges: tuple[Range, ...]

    @classmethod
    def read(cls, path: Path, trials: int | None = None, seeds: tuple[int, ...] | None = None) -> Search:
        """The search of a file, with other numbers of trials or seeds where they are given.

        Raises
        ------
        SpecError
            For a file without [search], a key that matches nothing, values that the scenario refuses, or final seeds
            that are no fresh ones.
        """
        return cls.of(schema.ScenarioFile.read(path).document(), trials, seeds)

    @classmethod
    def of(cls, file: Document, trials: int | None = None, seeds: tuple[int, ...] | None = None) -> Search:
        """The search of a document, with other numbers of trials or seeds where they are given.

        Parameters
        ----------
        file
            Of a file, or of one of its variants.

        Raises
        ------
        SpecError
            As `read`.
        """
        path, table = file.path, file.scenario().search
        if table is None:
            raise SpecError(f"{path}: it has no [search]; see docs/how-to/search-settings.md")
        given = {"trials": trials, "seeds": seeds}
        table = table.model_copy(update={n: v for n, v in given.items() if v is not None})
        document = schema.document(file.text)
        try:
            table.check_final_seeds()
        except ValueError as error:
            raise SpecError(f"{path}: search.{error}") from None
        try:
            ranges = tuple(_range(document, k, t) for k, t in table.range.items())
            search = cls(path, file.text, document, table, ranges)
            _check_disjoint(search.ranges)
            for range_ in search.ranges:
                search.check(range_)
        except SpecError as error:
            raise SpecError(f"{path}: search.range {error}") from None
        return search

    def check(self, range_: Range) -> None:
        """Refuse a range whose values the scenario refuses.

        Raises
        ------
        SpecError
            Naming the key, the value, and what is wrong with it.
        """
        for value in range_.extremes:
            try:
                plan(self.scenario({range_.key: value}))
            except NeurosimError as error:
                raise SpecError(f"'{range_.key}': {value!r} is refused: {error}") from None

    def placed(self, chosen: Mapping[str, Setting]) -> dict[Place, Setting]:
        """Values of ranges at the places that get them."""
        return {p: chosen[r.key] for r in self.ranges if r.key in chosen for p in r.places}

    def scenario(self, chosen: Mapping[str, Setting]) -> Scenario:
        """The scenario with these values of its ranges.

        Raises
        ------
        SpecError
            If the scenario refuses a value.
        """
        return schema.with_paths_relative_to(
            self.path, schema.from_document(setting_paths.replaced(self.document, self.placed(chosen)))
        )

    def text(self, chosen: Mapping[str, Setting], out: Path) -> str:
        """The file with these values in it and all else as it was, comments too.

        Parameters
        ----------
        out
            Where the text goes; in another folder, the paths of a pretrained file, of calibrations and of a Python file
            are changed to lead to the same files.

        Raises
        ------
        SpecError
            If the scenario refuses a value.
        """
        values = self.placed(chosen)
        if out.resolve().parent != self.path.resolve().parent:
            values |= moved_paths(self.document, self.path.resolve().parent, out.resolve().parent)
        document = tomlkit.parse(self.file_text)
        setting_paths.put(document, values)
        text = tomlkit.dumps(document)
        schema.parse(text)
        return text

    def values(self, range_: Range) -> list[str]:
        """The values that the file has where a range's values go, each once."""
        return list(dict.fromkeys(str(setting_paths.value_at(self.document, p)) for p in range_.places))

    @cached_property
    def identity(self) -> dict[str, Any]:
        """By key, the settings that decide the value of a trial, except for those in the ranges."""
        drawn = {place: f"from the range '{r.key}'" for r in self.ranges for place in r.places}
        document = setting_paths.replaced(self.document, drawn)
        of_trials = {k: v for k, v in document["search"].items() if k not in NOT_OF_A_TRIAL}
        at_once = (
            {"at_once": self.table.at_once} if self.table.at_once > 1 else {}
        )  # storages of 0.1 know no other than 1
        document["search"] = {**of_trials, "seeds": list(self.table.seeds), **at_once}
        return dict(setting_paths.leaves(document))


def _range(document: dict[str, Any], key: str, table: RangeTable) -> Range:
    places = setting_paths.places(document, key)
    for table_name in (name for name, *_ in places if name in FIXED):
        raise SpecError(f"'{key}': [{table_name}] is the same in all trials")
    numbers = (table.low, table.high, *(setting_paths.value_at(document, p) for p in places))
    return Range(key, tuple(places), table, all(type(n) is int for n in numbers))


def _check_disjoint(ranges: tuple[Range, ...]) -> None:
    by: dict[Place, str] = {}
    for r in ranges:
        for place in r.places:
            if place in by:
                raise SpecError(f"'{r.key}' and '{by[place]}' both match '{setting_paths.dotted(place)}'")
            by[place] = r.key
