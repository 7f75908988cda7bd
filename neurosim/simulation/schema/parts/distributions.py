"""Distributions as tables, and values that may be drawn from one; see `neurosim.model.distributions`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from neurosim.edges.toml.table import Number
from neurosim.model import distributions
from neurosim.simulation.schema.call_table import CallTable
from neurosim.simulation.schema.parts.files import ArrayTable
from neurosim.simulation.schema.shapes import Amount, shape_of


class UniformTable(CallTable):
    """Between two values, each as likely."""

    function: ClassVar[Any] = distributions.uniform
    kind: Literal["uniform"]
    low: Amount
    high: Amount


class NormalTable(CallTable):
    """A Gaussian, perhaps with bounds."""

    function: ClassVar[Any] = distributions.normal
    kind: Literal["normal"]
    mean: Amount
    sd: Amount
    low: Amount | None = None
    high: Amount | None = None


class LognormalTable(CallTable):
    """A value whose logarithm is Gaussian; `mean` and `sd` are those of the value."""

    function: ClassVar[Any] = distributions.lognormal
    kind: Literal["lognormal"]
    mean: Amount
    sd: Amount


class ExponentialTable(CallTable):
    """A waiting time, or whatever falls off like one."""

    function: ClassVar[Any] = distributions.exponential
    kind: Literal["exponential"]
    mean: Amount


class GammaTable(CallTable):
    """A sum of waiting times, and what lies between such sums."""

    function: ClassVar[Any] = distributions.gamma
    kind: Literal["gamma"]
    shape: Amount
    scale: Amount


class ChoiceTable(CallTable):
    """One of several values."""

    function: ClassVar[Any] = distributions.choice
    kind: Literal["choice"]
    values: list[Amount]
    p: list[Number] | None = None


Tables = Annotated[
    UniformTable | NormalTable | LognormalTable | ExponentialTable | GammaTable | ChoiceTable | ArrayTable,
    Field(discriminator="kind"),
]

Drawn = Annotated[
    Annotated[Number, Tag("number")]
    | Annotated[str, Tag("text")]
    | Annotated[list[Amount], Tag("list")]
    | Annotated[Tables, Tag("table")],
    Discriminator(
        shape_of,
        custom_error_type="drawn",
        custom_error_message="expected a number, a text with a unit, a list of these, a distribution, or a file",
    ),
]
"""One for all neurons or synapses, one for each, a distribution that they are drawn from, or a file that has them."""
