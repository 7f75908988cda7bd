"""Settings of a file by their keys, such as ``network.projection.*.wake.learning.0.lr``: found and replaced.

A key is made of the names of tables, and of places in lists counted from 0, with dots between; ``*`` stands for any one
of them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from neurosim.errors import SpecError, nearest

Setting = bool | int | float | str
Place = tuple[str | int, ...]
"""The way from the top of a file to a value in it."""


def places(document: Mapping[str, Any], key: str) -> list[Place]:
    """Where the values are that a key matches.

    Raises
    ------
    SpecError
        If there is none, or something that it matches is no single value.
    """
    try:
        found = matches(document, key.split("."))
    except SpecError as error:
        raise SpecError(f"'{key}' matches nothing in the file: {error}") from None
    for place in found:
        value = value_at(document, place)
        if not isinstance(value, Setting):
            inside = [name for name, _ in entries(value)]
            raise SpecError(f"'{key}' matches '{dotted(place)}', which is no single value; go on with one of {inside}")
    return found


def matches(document: Mapping[str, Any], parts: Sequence[str]) -> list[Place]:
    """Where the values, tables and lists are that the parts of a key match.

    Raises
    ------
    SpecError
        If there is none.
    """
    found: list[tuple[Place, Any]] = [((), document)]
    for part in parts:
        within = [((*place, name), value) for place, table in found for name, value in entries(table)]
        found = [(place, value) for place, value in within if part in ("*", str(place[-1]))]
        if not found:
            known = {str(place[-1]) for place, _ in within}
            raise SpecError(f"'{part}' is not there; {nearest(part, known)}")
    return [place for place, _ in found]


def entries(table: Any) -> Iterable[tuple[str | int, Any]]:
    """What is in a table, by its keys, or in a list, counted from 0; nothing is in a single value."""
    if isinstance(table, Mapping):
        return table.items()
    return enumerate(table) if isinstance(table, list) else ()


def dotted(place: Place) -> str:
    """A place as the key that matches it alone."""
    return ".".join(str(part) for part in place)


def value_at(document: Any, place: Place) -> Any:
    """The value, table or list at a place of a document."""
    for part in place:
        document = document[part]
    return document


def replaced(document: dict[str, Any], values: Mapping[Place, Setting]) -> dict[str, Any]:
    """A copy of a document with these values in it."""
    changed = copy.deepcopy(document)
    put(changed, values)
    return changed


def put(document: Any, values: Mapping[Place, Setting]) -> None:
    """Put values into a document, which may be one that keeps its comments."""
    for (*way, last), value in values.items():
        value_at(document, tuple(way))[last] = value


def leaves(document: Any, place: Place = ()) -> Iterator[tuple[str, Any]]:
    """Every single value with its key."""
    if isinstance(document, (Mapping, list)):
        for name, value in entries(document):
            yield from leaves(value, (*place, name))
    else:
        yield dotted(place), document
