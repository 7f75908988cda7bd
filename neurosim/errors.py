"""Every error a user can meet: each message says where, what was found, and what was expected.

Each is an error of Python's, too, which stands behind it.

NeurosimError (Exception)
├── EquationError (ValueError)
├── ModelError (ValueError)
├── InputError (ValueError)
├── SpecError (ValueError)
├── UnknownBackend (LookupError)
├── BackendUnavailable (ImportError)
├── BackendError (RuntimeError)
├── UnsupportedFeature (NotImplementedError)
├── NumericalError (ArithmeticError)
└── ExactnessLost (ArithmeticError)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NeurosimError(Exception):
    """Base of all errors that neurosim raises on purpose."""


class EquationError(NeurosimError, ValueError):
    """An equation that the language cannot accept."""


class ModelError(NeurosimError, ValueError):
    """A network, schedule or rule whose parts do not fit together."""


class InputError(NeurosimError, ValueError):
    """Arrays, constants or files given to a run that do not fit it."""


class SpecError(NeurosimError, ValueError):
    """A scenario file with a mistake in it."""


class UnknownBackend(NeurosimError, LookupError):
    """A backend or mode that no installed package provides."""


class BackendUnavailable(NeurosimError, ImportError):
    """A backend whose simulator is not installed or does not work here."""


class BackendError(NeurosimError, RuntimeError):
    """A simulator that failed, died or gave no answer in time."""


class UnsupportedFeature(NeurosimError, NotImplementedError):
    """A program that a backend refuses before anything runs.

    Parameters
    ----------
    feature
        What the program asks for, one of `neurosim.program.features.Feature`.
    backend
        Backend and mode that refuse it, ``NAME:MODE``.
    alternatives
        What can run it; named in the message.
    """

    def __init__(self, feature: str, backend: str, alternatives: Iterable[str] = ()):
        self.feature, self.backend, self.alternatives = feature, backend, tuple(alternatives)
        instead = f"; use {' or '.join(self.alternatives)}" if self.alternatives else ""
        super().__init__(f"backend {backend} cannot run {feature}{instead}")


class NumericalError(NeurosimError, ArithmeticError):
    """A state or weight that is no longer finite.

    Parameters
    ----------
    owner, variable
        The population or projection, and its variable.
    trial, step
        Where it was found; both are counted from 0, the step from the trial's start.
    value
        The first value that is infinite or NaN.
    """

    def __init__(self, owner: str, variable: str, trial: int, step: int, value: float):
        self.owner, self.variable, self.trial, self.step, self.value = owner, variable, trial, step, value
        super().__init__(
            f"{owner}.{variable} became {value} in trial {trial}, step {step} (both counted from 0); "
            "smaller learning rates or step sizes usually help"
        )


class ExactnessLost(NeurosimError, ArithmeticError):
    """A sum that is too large to be exact on the grid in any order of addition."""


LONGEST_NAME = 80
MOST_NAMES = 10_000
"""Likeness takes time with the square of a name's length, for each name."""


def nearest(found: str, choices: Iterable[str]) -> str:
    """A phrase that names the choice nearest to `found`, and all of them where they are few.

    Of names longer than `LONGEST_NAME` the beginning counts, and is shown; so many are looked at as `MOST_NAMES`.
    """
    names = sorted(_beginning(str(c)) for c in choices)
    if not names:
        return "there are none to choose from"
    close = difflib.get_close_matches(_beginning(found), names[:MOST_NAMES], n=1, cutoff=0.5)
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"did you mean '{close[0]}'? (known: {listed})" if close else f"known: {listed}"


def _beginning(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}..."


LONGEST_SHOWN = 80
"""Characters of a value that a message shows."""


def shown(value: object) -> str:
    """Return a value in one short line, for a message."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a foreign class's own, or a number of too many digits
        return f"a {type(value).__name__}"
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."
