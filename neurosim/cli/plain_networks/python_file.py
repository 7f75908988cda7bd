"""A Python file that defines a network. It is executed, so it is read only where the user says that it may be."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from neurosim.edges.foreign_errors import said
from neurosim.errors import NeurosimError, SpecError

FLAG = "--allow-code"


def names_of_program(path: Path, allowed: bool) -> dict[str, Any]:
    """What a Python file has defined after it ran.

    Parameters
    ----------
    allowed
        Whether it may be executed.

    Raises
    ------
    SpecError
        If it may not, is not there, or ends in an exception.
    """
    if not allowed:
        raise SpecError(
            f"{path}: a Python file is executed, with all that stands in it; add {FLAG} if you know what it does"
        )
    if not path.is_file():
        raise SpecError(f"{path}: no such file")
    try:
        return runpy.run_path(str(path))
    except NeurosimError as error:
        raise SpecError(f"{path}: {error}") from None
    except (Exception, SystemExit) as error:
        raise SpecError(f"{path}: it ended in {said(error)}{_line(error, path)}") from None


def _line(error: BaseException, path: Path) -> str:
    """In which line of the file that was."""
    if isinstance(error, SyntaxError):
        return ""  # it says so itself
    lines, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return f" in line {lines[-1]}" if lines else ""
