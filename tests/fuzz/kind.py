"""What a kind of input is: how a mutant is made, and what is done with it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class WronglyAccepted(AssertionError):
    """An input that should have been refused, or something else than what it says came out of it."""


def nothing(folder: Path) -> None:
    """What a kind prepares whose mutants are altered from nothing."""


@dataclass(frozen=True)
class Kind:
    """A kind of input.

    Attributes
    ----------
    share
        How many of a hundred mutants are of it.
    prepare
        Makes what its mutants are altered from, in an empty folder; once, before any mutant.
    make
        Writes a mutant into an empty folder; the second folder is what `prepare` made.
    run
        Gives the mutant to neurosim, and raises what that raises, or `WronglyAccepted`.
    """

    name: str
    share: int
    make: Callable[[random.Random, Path, Path], None]
    run: Callable[[Path], None]
    prepare: Callable[[Path], None] = nothing


def source(kind: str, seed: int, number: int) -> random.Random:
    """The random numbers of a mutant, the same in every version of Python."""
    return random.Random(f"{kind}/{seed}/{number}")


def accepted_only_if(fact: bool, what: str) -> None:
    """Raise where an accepted input is not as an accepted one must be."""
    if not fact:
        raise WronglyAccepted(what)
