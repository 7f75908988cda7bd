"""Expressions wrapped in roundings, and rules whose results are."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial

from neurosim.errors import ModelError
from neurosim.model.equations.expressions import call, number, parse, text_of
from neurosim.model.fixed import FixedArray
from neurosim.program.precision.formats import BiasFormat, Format, WeightFormat
from neurosim.program.program import Program, Rule
from neurosim.program.schedule import Array

Rounding = Callable[[ast.expr], ast.expr]


def to_grid(tree: ast.expr, bits: int) -> ast.expr:
    """Return the expression that takes the nearest multiple of 2**-bits."""
    return call("on_grid", tree, number(bits))


def into_format(tree: ast.expr, form: WeightFormat | BiasFormat) -> ast.expr:
    """Return the expression that does what `form.rounded` does."""
    return call("clip", to_grid(tree, form.fraction_bits), number(form.low), number(form.high))


def rewritten(text: str, rounding: Rounding) -> str:
    """Return the text of an expression with a rounding around it."""
    return text_of(rounding(parse(text)))


def writing(rule: Rule, variable: str, rounding: Rounding) -> Rule:
    """Return the rule with one of its new values rounded.

    It becomes one expression, for backends that add outer products do not round.
    """
    update = tuple((v, rewritten(t, rounding) if v == variable else t) for v, t in rule.update)
    outer = tuple(None if v == variable else pairs for (v, _), pairs in zip(rule.update, rule.outer, strict=True))
    return replace(rule, update=update, outer=outer)


def with_factors_on_grid(rule: Rule, program: Program, bits: int) -> Rule:
    """Return the rule with what it adds up over the trials of a batch rounded to what outputs are multiples of.

    A factor that is an output is such a multiple already.
    """
    ends = {"": rule.owner}
    if rule.of_matrix:
        m = program.matrix(rule.owner)
        ends = {"pre.": m.pre, "post.": m.post}
    outputs = {f"{side}{program.group(group).output}" for side, group in ends.items()}

    def rounded(text: str) -> str:
        return text if text in outputs else rewritten(text, partial(to_grid, bits=bits))

    sums = (replace(s, products=tuple(tuple(map(rounded, p)) for p in s.products)) for s in rule.sums)
    return replace(rule, sums=tuple(sums))


def rounded_arrays(arrays: Mapping[str, FixedArray], names: Collection[str], form: Format) -> dict[str, FixedArray]:
    """Return all arrays, those of some names rounded into a format.

    Raises
    ------
    ModelError
        For a value that is too large for the format.
    """
    rounded = {n: FixedArray.of(within(arrays[n].values, form, n), f"in this number format {n}") for n in names}
    return {**arrays, **rounded}


def within(values: Array, form: Format, what: str) -> Array:
    """Return values rounded into a format that has their size.

    Raises
    ------
    ModelError
        For a value that is too large for the format.
    """
    beyond = values[(values < form.low) | (values > form.high)]
    if beyond.size:
        raise ModelError(f"{what} = {beyond.flat[0]:g} is beyond {form}; expected {form.low:g} to {form.high:g}")
    return form.rounded(values)
