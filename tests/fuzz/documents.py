"""Documents of tables, lists and values: altered in their structure, and written as TOML."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from typing import Any

from . import values

Place = tuple[Any, int | str]
"""A table or list, and the key in it."""


def altered(random: random.Random, document: dict[str, Any]) -> None:
    """Alter a document in place, once to four times."""
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        places = list(_places(document))
        if not places:
            return
        _alter(random, document, places)


def _alter(random: random.Random, document: dict[str, Any], places: list[Place]) -> None:
    holder, key = random.choice(places)
    other, other_key = random.choice(places)
    what = random.randrange(10)
    if what < 4:
        holder[key] = values.any_of(random)
    elif what == 4:
        del holder[key]
    elif what == 5:  # an unknown key, or a table or value under another name
        table = holder if isinstance(holder, dict) else document
        table[random.choice([random.choice(values.TEXTS), str(other_key)])] = _copy(other[other_key])
    elif what == 6:
        holder[key] = _copy(other[other_key])
    elif what == 7:
        holder[key] = [_copy(holder[key])] * random.randrange(3)
    elif what == 8 and isinstance(holder[key], (int, float)) and not isinstance(holder[key], bool):
        factor = random.choice([-1, 0, 1e-6, 0.5, 2, 10, 1e3])
        holder[key] = type(holder[key])(holder[key] * factor) if math.isfinite(holder[key]) else 0
    else:
        moved = holder.pop(key)
        document[str(other_key)] = moved


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _places(value: Any) -> Iterator[Place]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


def toml(document: dict[str, Any]) -> str:
    """A document whose tables stand in one line each."""
    return "".join(f"{_text(str(k))} = {_value(v)}\n" for k, v in document.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_text(str(k))} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else repr(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=True).replace("\\u0000", "\\u0000")
