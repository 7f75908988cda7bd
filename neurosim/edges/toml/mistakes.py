"""Mistakes that pydantic found, in words that name the place in the user's file and what could stand there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from neurosim.edges.extensions.table import PackageTable
from neurosim.edges.toml.layers import CHOICES
from neurosim.errors import nearest


def explain(error: ValidationError, document: dict[str, Any], file: type[BaseModel]) -> str:
    """The first mistakes, each with its place, what was found and what was expected.

    Parameters
    ----------
    document
        The tables and values that were checked.
    file
        What they were checked against.
    """
    by_place: dict[tuple[Any, ...], list[Any]] = {}
    for problem in error.errors():
        place = _place(problem["loc"], document, absent=problem["type"] == "missing")
        by_place.setdefault(tuple(place), []).append(problem)
    innermost = {place: problems for place, problems in by_place.items() if not _has_below(place, by_place)}
    return "; ".join(_explain(place, innermost[place], document, file) for place in list(innermost)[:3])


def _has_below(place: tuple[Any, ...], places: Iterable[tuple[Any, ...]]) -> bool:
    """Whether something within a place is wrong, which makes all untrue that is said of the place.

    A list whose items are wrong counts as too short; of a union each kind says that it is another one.
    """
    return any(len(other) > len(place) and other[: len(place)] == place for other in places)


def _explain(place: tuple[Any, ...], problems: list[Any], document: Any, file: type[BaseModel]) -> str:
    """What is wrong at a place, which may be one of several kinds of value."""
    where = ".".join(map(str, place))
    others = [p for p in problems if p["type"] not in (*KINDS, "literal_error")]
    choices = [p for p in problems if p["type"] == "literal_error"]
    value = problems[0]["input"]
    if others or len(problems) == 1 or (choices and isinstance(value, str)):
        return _explain_one(where, (others or choices or problems)[0], document, file)
    expected = [KINDS.get(p["type"]) or f"one of {p['ctx']['expected']}" for p in problems]
    return f"'{where}' = {value!r:.80}: expected {', or '.join(dict.fromkeys(expected))}"


KINDS = {
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "a table"),
    **dict.fromkeys(("tuple_type", "list_type"), "a list"),
    **dict.fromkeys(("int_type", "int_from_float", "int_parsing"), "a whole number"),
    "float_type": "a number",
    "string_type": "a text",
    "bool_type": "true or false",
}
"""What was expected where a value is of another kind, by what pydantic calls the mistake."""


def _explain_one(where: str, problem: Any, document: Any, file: type[BaseModel]) -> str:
    loc, value, context = problem["loc"], problem["input"], problem.get("ctx", {})
    kind = problem["type"]
    if kind == "extra_forbidden":
        return f"unknown key '{where}'; {nearest(str(loc[-1]), keys_at(file, [*loc[:-1], *_chosen(loc, document)]))}"
    if kind == "missing":
        return f"'{where}' is missing"
    if kind == "union_tag_not_found":
        return f"'{where}.{_discriminator(context)}' is missing"
    if kind == "union_tag_invalid":
        tags = [t.strip(" '") for t in context["expected_tags"].split(",")]
        return f"'{where}.{_discriminator(context)}' = {context['tag']!r}; {nearest(context['tag'], tags)}"
    if kind == "unknown_name":
        return f"'{where}' = {value!r}; {nearest(value, context['known'])}"
    if kind == "literal_error":
        choices = [c.strip(" '") for c in context["expected"].replace(" or ", ",").split(",")]
        return f"'{where}' = {value!r}; {nearest(str(value), choices)}"
    return f"'{where}' = {value!r:.80}: {_expected(problem, context)}"


def _expected(problem: Any, context: Any) -> str:
    if problem["type"] in KINDS:
        return f"expected {KINDS[problem['type']]}"
    if problem["type"] == "value_error":
        return str(context["error"])
    if problem["type"] in ("too_short", "string_too_short"):
        least, of = context["min_length"], "item" if problem["type"] == "too_short" else "character"
        return f"expected at least {least} {of}{'s' * (least > 1)}"
    said = str(problem["msg"])  # which may quote a pattern, whose letters count
    return f"{said[:1].lower()}{said[1:]}"


def _chosen(loc: tuple[Any, ...], document: Any) -> list[str]:
    """What the table at a place of the file says that it is of."""
    for part in _place(loc[:-1], document, absent=False):
        document = document[part]
    names = [document.get(key) for key in CHOICES] if isinstance(document, dict) else []
    return [name for name in names if isinstance(name, str)][:1]


def _discriminator(context: dict[str, str]) -> str:
    return context["discriminator"].strip("'")


def _place(loc: tuple[Any, ...], document: Any, absent: bool) -> list[Any]:
    """Where a problem is in the file: the location without the tags of unions, which are not in it.

    With `absent` the last part is a key that should be there.
    """
    place = []
    for i, part in enumerate(loc):
        in_table = isinstance(document, dict) and part in document
        inside = in_table or (isinstance(document, list) and isinstance(part, int))
        if inside:
            document = document[part]
        if inside or (absent and i == len(loc) - 1):
            place.append(part)
    return place


def keys_at(table: Any, place: list[Any]) -> set[str]:
    """The keys that a table may have at a place of a file, where unions may say by a tag which of their tables."""
    if not (isinstance(table, type) and issubclass(table, BaseModel)):
        return set()
    if not place:
        return set(table.model_fields)
    if place[0] in table.model_fields:
        below = _tables_in(table.model_fields[place[0]].annotation)
        if keys := _keys_of_package(below, place[1:]):
            return keys
        tagged = [t for t in below if any(_has_tag(t, part) for part in place[1:])]
        return set().union(*(keys_at(t, place[1:]) for t in tagged or below))
    return keys_at(table, place[1:])  # a key of a dict of tables, an index, or the tag of a union


def _keys_of_package(tables: list[Any], place: list[Any]) -> set[str]:
    """The keys of a table that a package checks, where the place is in one."""
    of_package = [t for t in tables if issubclass(t, PackageTable)]
    names = [(t, part) for t in of_package for part in place if isinstance(part, str) and part in t.group]
    return set().union(*(table.keys_of(name) for table, name in names))


def _has_tag(table: type[BaseModel], tag: Any) -> bool:
    """Whether a union names this one of its tables so: by the table's name, or by a key that says its kind."""
    kinds = (f.annotation for f in table.model_fields.values() if get_origin(f.annotation) is Literal)
    return tag == table.__name__ or any(tag in get_args(kind) for kind in kinds)


def _tables_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [t for part in getattr(annotation, "__args__", ()) for t in _tables_in(part)]
