"""Settings that take the place of those of a file, by their keys: ``network.population.e.size=400``.

A key is made of the names of tables, and of places in lists counted from 0, with dots between; ``*`` stands for any one
of them (`neurosim.edges.toml.setting_paths`).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from neurosim.edges.toml.layers import CHOICES
from neurosim.edges.toml.mistakes import keys_at
from neurosim.edges.toml.setting_paths import Place, entries, matches, value_at
from neurosim.edges.toml.text import document as document_of
from neurosim.errors import SpecError, nearest

OPTION = "--set"


def parsed(texts: Sequence[str]) -> dict[str, Any]:
    """The values of ``KEY=VALUE`` by their keys; of a key that is there twice, the last.

    Raises
    ------
    SpecError
        For what is not of this form.
    """
    return {key: value_of(value) for key, value in (halves(text, OPTION) for text in texts)}


def halves(text: str, option: str) -> tuple[str, str]:
    """The key and the value of ``KEY=VALUE``.

    Raises
    ------
    SpecError
        For what is not of this form; it begins with the option.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise SpecError(f"{option} {text!r:.80}; expected KEY=VALUE, such as network.population.e.size=400")
    return key.strip(), value.strip()


def value_of(text: str) -> Any:
    """A value as TOML has it; what is none in TOML is a text."""
    try:
        found = document_of(f"value = {text}")
    except SpecError:
        return text
    return found["value"] if list(found) == ["value"] else text


def values_of(text: str) -> tuple[Any, ...]:
    """Several values, with commas between; one that is none in TOML is a text."""
    try:
        found = document_of(f"values = [{text}]")
    except SpecError:
        return tuple(value_of(part.strip()) for part in text.split(","))
    return tuple(found["values"]) if list(found) == ["values"] else (text,)


def put(
    settings: Mapping[str, Any], document: Mapping[str, Any], file: type[BaseModel], where: str = OPTION
) -> dict[str, Any]:
    """A copy of a document with values in it: where their keys are, or else wherever a table may have them.

    Parameters
    ----------
    settings
        Values by their keys.
    file
        Says which keys there may be that the document does not have.
    where
        Who says so, for messages.

    Raises
    ------
    SpecError
        For a key that is not there and that none of the tables may have.
    """
    changed = copy.deepcopy(dict(document))
    for key, value in settings.items():
        try:
            places = _places(changed, key, file)
        except SpecError as error:
            raise SpecError(f"{where} {key}: {error}") from None
        for *way, last in places:
            value_at(changed, tuple(way))[last] = copy.deepcopy(value)
    return changed


def _places(document: Mapping[str, Any], key: str, file: type[BaseModel]) -> list[Place]:
    """Where a setting goes."""
    *way, last = key.split(".")
    tables = matches(document, way)
    there = [(*place, name) for place in tables for name, _ in entries(value_at(document, place)) if _is(last, name)]
    if there:
        return there
    if all(not isinstance(value_at(document, place), (Mapping, list)) for place in tables):
        raise SpecError(f"'{'.'.join(way)}' is a single value; set that")
    allowed = {place: _allowed(document, place, file) for place in tables}
    if absent := [(*place, last) for place, names in allowed.items() if last in names]:
        return absent
    known = {str(name) for place in tables for name, _ in entries(value_at(document, place))}
    raise SpecError(f"'{last}' is not there; {nearest(last, known.union(*allowed.values()))}")


def _is(part: str, name: str | int) -> bool:
    return part in ("*", str(name))


def _allowed(document: Mapping[str, Any], place: Place, file: type[BaseModel]) -> set[str]:
    """The keys that the table at a place may have, also those that are not there."""
    table = value_at(document, place)
    if not isinstance(table, Mapping):
        return set()
    chosen = [table[name] for name in CHOICES if isinstance(table.get(name), str)]
    return keys_at(file, [*place, *chosen[:1]])
