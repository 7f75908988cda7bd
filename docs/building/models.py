"""Docstrings as the site shows them: words, then the equation as code; of models of the library all equations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from numpydoc.numpydoc import mangle_signature
from sphinx.application import Sphinx

from neurosim.model.display.described import Described, library_text, parameters

EQUATION = re.compile(r"[^`]*(?<![<>=!])=(?!=)[^`]*")
SEVERAL = re.compile(r"; |, (?=(?:\w+ )?(?:\w+'?|d\w+/dt) = )")
"""What stands between equations."""

BARS = re.compile(r"\|(\w+)\|")
"""An absolute value, which reStructuredText takes for a substitution."""
BEFORE_NUMPYDOC = 400


def show(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Rewrite a docstring whose first sentence is an equation."""
    if isinstance(obj, Described):
        lines[:] = model_text(obj, name.rpartition(".")[2])
    elif lines:
        lines[:] = equation_as_code("\n".join(lines))


def model_text(model: Described, name: str) -> list[str]:
    """The words, the equation, the rest of the library's text, then what kind of model it is and what it computes."""
    text, heading, references = (library_text(model) or f"The model {model.name}.").partition("\n\nReferences\n")
    first, *rest = escaped(text).split("\n\n")
    equation, words = first_sentence(first)
    if not words and rest:
        words, rest[0] = first_sentence(rest[0])
    kind = f"A :class:`~neurosim.{type(model).__name__}`. ``ns.{name}(NAME=VALUE)`` is the same with other parameters."
    parts = [words, block(SEVERAL.split(equation.removesuffix("."))), *rest, kind]
    parts += [f".. rubric:: {title}\n\n{block(lines)}" for title, lines in sections(model) if lines]
    return "\n\n".join(part for part in (*parts, f"{heading}{references}") if part).splitlines()


def sections(model: Described) -> Iterator[tuple[str, Sequence[str]]]:
    """Titles and lines of what a model says of itself."""
    yield "Parameters", parameters(model)
    yield "In a step", model.equations()


def equation_as_code(text: str) -> list[str]:
    """The text with its first paragraph as a block of code or a literal, where that begins with an equation."""
    first, *rest = escaped(text).split("\n\n")
    equation, words = first_sentence(first)
    if not EQUATION.fullmatch(equation):
        return escaped(text).splitlines()
    equation = equation.removesuffix(".")
    shown = [words, block(SEVERAL.split(equation))] if words else [f"``{equation}``"]
    return "\n\n".join([*shown, *rest]).splitlines()


def escaped(text: str) -> str:
    """Text in which absolute values are no substitutions."""
    return BARS.sub(r"\\|\1\\|", text.strip())


def first_sentence(paragraph: str) -> tuple[str, str]:
    """Up to the first full stop with a space behind it, and what follows; that of "et al." is none."""
    first, *rest = re.split(r"(?<=\.)(?<!al\.) ", " ".join(paragraph.split()), maxsplit=1)
    return first, " ".join(rest)


def block(lines: Iterable[str]) -> str:
    """A block that is shown letter by letter."""
    shown = "\n".join(f"   {line}" for line in lines).replace(r"\|", "|")
    return f".. code-block:: none\n   :class: equation\n\n{shown}"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("autodoc-process-docstring", show, priority=BEFORE_NUMPYDOC)
    for listener in list(app.events.listeners["autodoc-process-signature"]):
        if listener.handler is mangle_signature:  # it looks for signatures in docstrings, where there are none
            app.disconnect(listener.id)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
