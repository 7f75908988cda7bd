"""Writes docs/reference/library.md from the models, synapses and rules themselves.

python docs/make_library.py
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import neurosim as ns
from neurosim.model import learning, neurons, synapses
from neurosim.model.display.described import modules_of, texts_below
from neurosim.model.neurons import Driven, Learned

PAGE = Path(__file__).parent / "reference" / "library.md"

START = """\
# Library: models, synapses and rules

Written by `python docs/make_library.py` from the code; do not edit. The names are those of a
[scenario file](scenario-file.md) and, as `ns.NAME`, of Python. In both, every given constant can be set:
`{ model = "LIF", tau_mem = 20 }`, or `ns.LIF(tau_mem=20.0)`. `x'` is the new value of `x`; what an equation may say is
in [equations](equations.md). **Required** are conditions that the constants must meet; a value against one is refused
where it is given. `help(ns.LIF)` shows units, sources and reasons as well. Models that are written as differential
equations, such as `ns.AdEx`, are in [differential equations](../explanation/ode.md#standard-models).
"""
NEURONS = """\
**Given** are constants with their values; **derived** ones follow from them. **Learned** parameters have a value for
each neuron, which rules change and which outlives a trial; **driven** ones are set by a stimulus. States that no
equation writes, like `s_free`, are there for what a phase assigns at its end.
"""
SYNAPSES = """\
**State** is stored for each synapse, with its initial value, and outlives a trial. A scenario's `initial` sets
the first.
"""
RULES = """\
The rule's **name** is in the names of its constants, `PROJECTION.NAME.CONSTANT`; two rules of one name cannot serve one
projection. It fires **at** the moment that is given.
"""


def page() -> str:
    """The whole page."""
    lines = [START, "## Neuron models", "", NEURONS, *_library(neurons, ns.NeuronModel, _of_neuron)]
    lines += ["## Synapses", "", SYNAPSES, *_library(synapses, ns.SynapseModel, _of_synapse)]
    lines += ["## Learning rules", "", RULES, *_library(learning, ns.LearningRule, _of_rule)]
    return "\n".join(lines).rstrip() + "\n"


def _library(package: ModuleType, kind: type, facts: Callable[[Any], Iterable[str]]) -> Iterator[str]:
    """The entries of a package, file by file in the order in which they stand there."""
    exported = {n: v for n, v in vars(package).items() if isinstance(v, kind) and not n.startswith("_")}
    documented = set()
    for module in modules_of(package):
        found = [(n, doc) for n, doc in texts_below(module) if n in exported]
        if found and module is not package:
            yield f"### {_first_sentence(module.__doc__ or '').removesuffix('.')}\n"
        for name, doc in found:
            yield from _entry(name, doc, facts(exported[name]))
        documented |= {n for n, _ in found}
    if missing := sorted(set(exported) - documented):
        raise ValueError(f"no docstring below {', '.join(missing)}")


def _entry(name: str, doc: str, facts: Iterable[str]) -> Iterator[str]:
    paragraphs = [" ".join(p.split()) for p in doc.split("\n\n")]
    equation = _first_sentence(paragraphs[0])
    words = paragraphs[0][len(equation) + 1 :].strip() or _first_sentence(" ".join(paragraphs[1:]))
    yield _wrapped(f"**`{name}`** {words}".strip()) + "\n"
    whole = equation.removesuffix(".").replace(" = ", "\0=\0").replace("then ", "then\0")
    yield textwrap.fill(whole, 118, initial_indent="    ", subsequent_indent="      ").replace("\0", " ") + "\n"
    yield _wrapped(" · ".join(f for f in facts if f)) + "\n"


def _first_sentence(text: str) -> str:
    """Up to the first full stop with a space behind it; that of "et al." is none."""
    return re.split(r"(?<=\.)(?<!al\.) ", " ".join(text.split()), maxsplit=1)[0]


def _wrapped(text: str) -> str:
    """Lines of at most 120 characters, broken neither inside of code nor before a dot that separates."""
    whole = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "\0"), text).replace(" ·", "\0·")
    return textwrap.fill(whole, 120, break_long_words=False, break_on_hyphens=False).replace("\0", " ")


def _of_neuron(model: ns.NeuronModel) -> Iterator[str]:
    learned = {n: v.initial for n, v in model.params.items() if isinstance(v, Learned)}
    driven = {n: v.default for n, v in model.params.items() if isinstance(v, Driven)}
    yield _values("state", model.state)
    yield _values("given", model.constants)
    yield _values("derived", model.derived)
    yield _required(model.requires)
    yield _values("learned", learned)
    yield _values("driven", driven)
    yield _values("alias", model.alias)
    if model.ports != ("drive",):
        yield "ports " + ", ".join(f"`{p}`" for p in model.ports) if model.ports else "an input"
    yield f"puts out `{model.output}`"


def _of_synapse(model: ns.SynapseModel) -> Iterator[str]:
    yield _values("state", model.state)
    yield _values("given", model.params)
    yield _required(model.requires)


def _of_rule(rule: ns.LearningRule) -> Iterator[str]:
    yield f"name `{rule.name}`"
    yield f"at `{rule.at}`"
    yield _values("given", rule.params)
    yield _required(rule.requires)


def _values(what: str, values: Mapping[str, float | str]) -> str:
    shown = (f"`{n} = {v if isinstance(v, str) else format(v, 'g')}`" for n, v in values.items())
    return f"{what} {', '.join(shown)}" if values else ""


def _required(conditions: Sequence[str]) -> str:
    return f"required {', '.join(f'`{c}`' for c in conditions)}" if conditions else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
