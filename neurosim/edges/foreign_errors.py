"""Exceptions of other packages become errors of neurosim, which say what was being done.

Each edge of the project has a `border`: a file that is read, a session that starts, the answer of a child. An exception
that passes them all ends at the command line (`neurosim.cli.console`). ``NEUROSIM_TRACEBACK=1`` shows where an error
came from.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from neurosim.errors import InputError, NeurosimError, shown

VARIABLE = "NEUROSIM_TRACEBACK"


def said(error: BaseException) -> str:
    """Return an exception in one line: its type and the last line of its text."""
    text = str(error).strip().rsplit("\n", 1)[-1]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def traceback_wanted() -> bool:
    """Return whether the user asked to see where an error came from."""
    return os.environ.get(VARIABLE, "") not in ("", "0")


@contextmanager
def border(what: str, error: type[NeurosimError] = InputError) -> Iterator[None]:
    """Turn whatever is raised inside, and is not neurosim's own, into an error that begins with `what`.

    Memory that is short and interrupts pass: they say nothing about the input.

    Parameters
    ----------
    what
        The place in the user's words: a file, a backend, a setting.
    error
        What is raised; it takes one text.

    Raises
    ------
    NeurosimError
        Of the type `error`, from the exception that was raised inside.
    """
    try:
        yield
    except (NeurosimError, MemoryError):
        raise
    except Exception as foreign:
        raise error(f"{what}: {said(foreign)}") from foreign


@contextmanager
def heard(progress: Callable[[int, int], None] | None) -> Iterator[Callable[[int, int], None] | None]:
    """Yield what tells a user's own function of progress; what that raises leaves the block as it is.

    It passes borders and workers inside, for it is the user's own.

    Parameters
    ----------
    progress
        Is told how many are done, and of how many; None for nobody.

    Raises
    ------
    InputError
        For what is no function.
    """
    if progress is not None and not callable(progress):
        raise InputError(f"progress = {shown(progress)}; expected a function of how many are done, and of how many")
    raised: list[Exception] = []

    def tell(done: int, total: int) -> None:
        try:
            progress(done, total)  # type: ignore[misc]
        except Exception as own:
            raised.append(own)
            raise

    try:
        yield None if progress is None else tell
    except Exception:
        if raised:
            raise raised[0] from None
        raise
