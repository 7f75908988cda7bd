"""Mistakes that pydantic found, in words that name the place in the user's file and what could stand there."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from neurosim.errors import nearest
from neurosim.scenario.schema.scenario import Scenario


def explain(error: ValidationError, document: dict[str, Any]) -> str:
    """The first mistakes, each with its place, what was found and what was expected."""
    return "; ".join(_explain_one(problem, document) for problem in error.errors()[:3])


def _explain_one(problem: Any, document: dict[str, Any]) -> str:
    loc, value, context = problem["loc"], problem["input"], problem.get("ctx", {})
    where = ".".join(str(p) for p in _place(loc, document, absent=problem["type"] == "missing"))
    if problem["type"] == "extra_forbidden":
        return f"unknown key '{where}'; {nearest(str(loc[-1]), _fields(Scenario, list(loc[:-1])))}"
    if problem["type"] == "missing":
        return f"'{where}' is missing"
    if problem["type"] == "union_tag_invalid":
        tags = [t.strip(" '") for t in context["expected_tags"].split(",")]
        return (
            f"'{where}.{context['discriminator'].strip(chr(39))}' = {context['tag']!r}; {nearest(context['tag'], tags)}"
        )
    if problem["type"] == "literal_error":
        choices = [c.strip(" '") for c in context["expected"].replace(" or ", ",").split(",")]
        return f"'{where}' = {value!r}; {nearest(str(value), choices)}"
    return f"'{where}' = {value!r:.80}: {problem['msg'].lower()}"


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


def _fields(table: Any, place: list[Any]) -> set[str]:
    if not place:
        return set(table.model_fields) if isinstance(table, type) and issubclass(table, BaseModel) else set()
    if isinstance(table, type) and issubclass(table, BaseModel) and place[0] in table.model_fields:
        return set().union(*(_fields(t, place[1:]) for t in _tables_in(table.model_fields[place[0]].annotation)))
    if isinstance(table, type) and issubclass(table, BaseModel):
        return _fields(table, place[1:])  # a key of a dict of tables, an index, or the tag of a union
    return set()


def _tables_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [t for part in getattr(annotation, "__args__", ()) for t in _tables_in(part)]
