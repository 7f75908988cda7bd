"""Equations: tokens in any order, expressions that go deep, and long ones."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np

from neurosim.backend.reference import ReferenceBackend
from neurosim.model.equations.expressions import FUNCTIONS, parse, text_of
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import NeuronModel
from neurosim.program.lowering.lower import lower
from neurosim.program.schedule import Phase, Probe, Schedule, Trials

from . import values
from .kind import Kind, accepted_only_if

FILE = "equation.json"
NAMES = ("s", "u", "a", "drive", "pre.s", "post.s", "w", "arrived", "self", "x", "π", "__import__", "s.real", "lambda")
OPERATORS = (
    "+",
    "-",
    "*",
    "/",
    "**",
    "<",
    "<=",
    ">",
    "==",
    "!=",
    " and ",
    " or ",
    "not ",
    "%",
    "//",
    "@",
    "=",
    ":=",
    "~",
)
OTHERS = (
    "(",
    ")",
    ",",
    "[",
    "]",
    "{",
    "}",
    "'",
    '"',
    "\\",
    "\n",
    "#",
    ";",
    " if ",
    " else ",
    " for ",
    "...",
    "\0",
    "1j",
    "1_0",
)


def make(random: random.Random, folder: Path, prepared: Path) -> None:
    text = random.choice([_soup, _expression, _expression, _expression, _deep])(random)
    place = random.choice(["update", "update", "update", "spike", "output", "derived", "rule"])
    (folder / FILE).write_text(json.dumps({"place": place, "text": text}))


def _token(random: random.Random) -> str:
    chosen = random.random()
    if chosen < 0.3:
        return random.choice(NAMES)
    if chosen < 0.5:
        return random.choice(OPERATORS)
    if chosen < 0.7:
        return repr(values.number(random))
    if chosen < 0.85:
        return random.choice([*FUNCTIONS, "eval", "sum", "max", "sin"]) + random.choice(["(", ""])
    return random.choice(OTHERS)


def _soup(random: random.Random) -> str:
    return "".join(_token(random) for _ in range(random.choice([0, 1, 2, 4, 8, 16, 40])))


def _expression(random: random.Random, depth: int = 4) -> str:
    """One that follows the grammar, more or less."""
    chosen = random.random()
    if depth == 0 or chosen < 0.2:
        return random.choice([random.choice(NAMES[:4]), random.choice(NAMES[:4]), repr(values.number(random))])
    if chosen < 0.5:
        function = random.choice(list(FUNCTIONS))
        arguments = FUNCTIONS[function] + (random.random() < 0.05)
        return f"{function}({', '.join(_expression(random, depth - 1) for _ in range(arguments))})"
    if chosen < 0.6:
        return f"{random.choice(['-', 'not ', '+'])}{_expression(random, depth - 1)}"
    if chosen < 0.7:
        sign = random.choice(["<", ">=", "==", " and "])
        left, right, one, two = (_expression(random, depth - 1) for _ in range(4))
        return f"where({left} {sign} {right}, {one}, {two})"
    left, right = _expression(random, depth - 1), _expression(random, depth - 1)
    return f"({left} {random.choice(OPERATORS[:5])} {right})"


def _deep(random: random.Random) -> str:
    n = random.choice([50, 90, 100, 200, 900, 3000, 20_000, 100_000])
    return random.choice(
        [
            "-" * n + "s", "not " * n + "s > 0", "(" * n + "s" + ")" * n, "s" + " + s" * n, "s" + "**s" * n,
            "abs(" * n + "s" + ")" * n, "where(s > 0, " * n + "s" + ", 0)" * n, "s" + " < s" * n,
            "s > 0" + " and s > 0" * n, "s" * n, "9" * n, "1e" + "9" * n, "0." + "0" * n + "1", " " * n + "s",
            "s" + "*(1 + s" * n + ")" * n,
            "s" + ".s" * n, "[" * n, "exp(" * n, "2" + "**2" * n, "(" * n,
        ]
    )  # fmt: skip


def run(folder: Path) -> None:
    """Where it is accepted, run it for two steps."""
    document = json.loads((folder / FILE).read_text())
    text, place = document["text"], document["place"]
    equations = {"update": {"s": "0.5*s + a*drive"}, "output": "s"}
    if place == "update":
        equations["update"] = {"s": text}
    elif place != "rule":
        equations[place] = {"d": text} if place == "derived" else text
    model = NeuronModel("M", {"s": 0.25, "u": 0.5}, {"a": 0.5}, **equations)  # type: ignore[arg-type]
    rules = [LearningRule("r", "step", {"w": text}, {"lr": 0.1})] if place == "rule" else []
    network = Network([Population("p", 2, model)], [Projection("j", "p", "p", learning=rules)])
    schedule = Schedule([Phase("run", 2)], [Probe("p.s", "step")])
    program = lower(network, schedule)
    with ReferenceBackend().compile(program) as session:
        records = session.run(Trials({}, 2))
        accepted_only_if(bool(np.isfinite(records["p.s@step"]).all()), "a state that is not finite")
        for name, array in session.read().items():
            accepted_only_if(bool(np.isfinite(array).all()), f"{name} is not finite")
    tree = parse(text)
    accepted_only_if(text_of(parse(text_of(tree))) == text_of(tree), "its text stands for another expression")


KIND = Kind("equation", 26, make, run)
