"""Values at the edges of what a number, a text or a list can be."""

from __future__ import annotations

import math
import random
from typing import Any

NUMBERS: tuple[float, ...] = (
    0, -1, 1, 2, 3, 10, 0.0, -0.0, 0.5, -0.5, 1.5, math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, 1e-300, 1e300,
    2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**64, 2**70, 10**6, 10**9, 10**12, 10**30,
)  # fmt: skip
TEXTS = (
    "", " ", "x", "s", "self", "lambda", "None", "__class__", "data", "input", "Clamp", "RateUnit", "LIF", "grid", "0",
    "1e9", "a b", "a.b", "a/b", "../x", "-x", "é漢", "\u202e", "\u0000", "\ufeff", "[bold]", "%s", "{0}", "a" * 1000,
)  # fmt: skip


def number(random: random.Random) -> float:
    return random.choice(NUMBERS) if random.random() < 0.8 else random.uniform(-1e6, 1e6)


def any_of(random: random.Random, depth: int = 2) -> Any:
    """A value as TOML and JSON can have it."""
    chosen = random.random()
    if chosen < 0.5:
        return number(random)
    if chosen < 0.6:
        return random.random() < 0.5
    if chosen < 0.8 or depth == 0:
        return random.choice(TEXTS)
    if chosen < 0.9:
        return [any_of(random, depth - 1) for _ in range(random.randrange(4))]
    return {random.choice(TEXTS): any_of(random, depth - 1) for _ in range(random.randrange(3))}
