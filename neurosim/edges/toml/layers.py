"""A document laid over another one: what a file says of the tables of a file that it extends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CHOICES = ("kind", "method", "format", "model", "rule")
"""Keys that choose what a table is of, so that its other keys mean nothing to another choice."""


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """The tables of one document with those of another laid over them; neither is changed.

    A table is laid over a table, key by key; anything else takes the place of what was there, and so does a table that
    makes another choice.

    Parameters
    ----------
    below, above
        Tables and values, as a TOML reader gives them.
    """
    if any(name in above and above[name] != below.get(name) for name in CHOICES):
        return dict(above)
    both = dict(below)
    for key, value in above.items():
        was = both.get(key)
        both[key] = laid_over(was, value) if isinstance(was, Mapping) and isinstance(value, Mapping) else value
    return both


def without(document: Mapping[str, Any], key: tuple[str | int, ...]) -> dict[str, Any]:
    """A document but for what stands at a place in its tables; it is not changed.

    Parameters
    ----------
    key
        The place, from the top of the document.
    """
    first, *rest = key
    if not rest:
        return {name: value for name, value in document.items() if name != first}
    return {n: without(v, tuple(rest)) if n == first else v for n, v in document.items()}
