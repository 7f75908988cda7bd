"""Settings that take the place of those of a file: ``network.population.e.size=400``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from neurosim.edges.toml.mistakes import keys_at
from neurosim.edges.toml.text import document as document_of
from neurosim.errors import SpecError, nearest


def put(settings: Sequence[str], document: dict[str, Any], file: type[BaseModel]) -> None:
    """Put each ``KEY=VALUE`` into the tables of a file; a value is one of TOML.

    Parameters
    ----------
    document
        Is changed.
    file
        Says which keys there may be that the file does not have.

    Raises
    ------
    SpecError
        For a key that is not there and none of a table's own, and a value that is none.
    """
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise SpecError(f"--set {setting!r:.80}; expected KEY=VALUE, such as network.population.e.size=400")
        *way, last = key.strip().split(".")
        table = _table(document, way, key)
        known = _known(table, way, file)
        if last not in known:
            raise _unknown(key, last, known)
        table[int(last) if isinstance(table, list) else last] = _value(value.strip(), key)


def _table(document: Any, way: Sequence[str], key: str) -> Any:
    """The table or list at the end of a way, whose parts are all in the file."""
    for part in way:
        known = _parts(document)
        if part not in known:
            raise _unknown(key, part, known)
        document = document[int(part) if isinstance(document, list) else part]
    if not isinstance(document, (dict, list)):
        raise SpecError(f"--set {key}: '{'.'.join(way)}' is a single value; set that")
    return document


def _parts(document: Any) -> set[str]:
    if isinstance(document, dict):
        return set(document)
    return {str(k) for k in range(len(document))} if isinstance(document, list) else set()


def _known(table: Any, way: Sequence[str], file: type[BaseModel]) -> set[str]:
    """What there is, and what a table of this kind may have."""
    kind = [table["kind"]] if isinstance(table, dict) and isinstance(table.get("kind"), str) else []
    return _parts(table) | keys_at(file, [*way, *kind])


def _unknown(key: str, part: str, known: set[str]) -> SpecError:
    return SpecError(f"--set {key}: '{part}' is not there; {nearest(part, known)}")


def _value(text: str, key: str) -> Any:
    try:
        found = document_of(f"value = {text}")
    except SpecError:
        found = {}
    if list(found) != ["value"]:
        raise SpecError(
            f"--set {key}={text:.80}: no value of TOML; expected a number, true, a list, or a text in quotes: "
            f"""--set '{key}="..."'"""
        )
    return found["value"]
