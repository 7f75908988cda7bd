"""What a value of a file looks like, which tells how it is read where several are allowed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Tag

from neurosim.edges.toml.table import Number

NAMES = ((str, "text"), (list, "list"), (dict, "table"))


def shape_of(value: object) -> str | None:
    """``"number"``, ``"text"``, ``"list"`` or ``"table"``; None for what is none of these, such as a date."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return next((name for kind, name in NAMES if isinstance(value, kind)), None)


Amount = Annotated[
    Annotated[Number, Tag("number")] | Annotated[str, Tag("text")],
    Discriminator(
        shape_of, custom_error_type="amount", custom_error_message="expected a number, or a text with a unit"
    ),
]
"""A number in the unit inside, or a text with a unit."""

Row = Annotated[
    Annotated[Number, Tag("number")] | Annotated[str, Tag("text")] | Annotated[list[Amount], Tag("list")],
    Discriminator(
        shape_of,
        custom_error_type="row",
        custom_error_message="expected a number, a text with a unit, or a list of these",
    ),
]

Several = Annotated[
    Annotated[Number, Tag("number")] | Annotated[str, Tag("text")] | Annotated[list[Row], Tag("list")],
    Discriminator(
        shape_of,
        custom_error_type="several",
        custom_error_message="expected a number, a text with a unit, or a list of these",
    ),
]
"""Of a source: one for all neurons, one for each, or with `every` one or several for each span of time."""
