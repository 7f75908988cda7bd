"""The two streams that commands print to, stdout for results and stderr for the rest; and the end of every error."""

from __future__ import annotations

import functools
import json
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from neurosim.cli import signals
from neurosim.edges.foreign_errors import VARIABLE, said, traceback_wanted
from neurosim.errors import NeurosimError

if TYPE_CHECKING:
    from neurosim.cli.progress import Progress

PIPE_CLOSED = 141
"""Exit code of a program whose output is read no more: 128 + SIGPIPE."""


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Rich would end the process here; it ends where all errors do."""
        raise BrokenPipeError


out = _Console(highlight=False)
err = _Console(stderr=True, highlight=False)

Command = TypeVar("Command", bound=Callable[..., Any])


def explained(command: Command) -> Command:
    """The command, in which a user's mistake ends in one paragraph and exit code 2, never in a traceback.

    The command ends in `typer.Exit`, too, after a signal that interrupts it, with the exit code of that signal.
    """

    @functools.wraps(command)
    @signals.heeded()
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with errors_told(), warnings_in_a_line():
            try:
                return command(*args, **kwargs)
            except KeyboardInterrupt as interrupt:
                tell_interrupt("nothing was kept of what was under way")
                raise typer.Exit(signals.exit_code(interrupt)) from None

    return wrapped  # type: ignore[return-value]


@contextmanager
def errors_told() -> Iterator[None]:
    """Every exception that is an error becomes a paragraph, and exit code 2."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except BrokenPipeError:
        _stop_writing()
        raise typer.Exit(PIPE_CLOSED) from None
    except Exception as error:
        if traceback_wanted():
            err.print(traceback.format_exc(), markup=False, soft_wrap=True)
        tell_error(in_words(error))
        raise typer.Exit(2) from None


def in_words(error: Exception) -> str:
    """The text for an error; one that neurosim did not foresee asks the user to report it."""
    if isinstance(error, NeurosimError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"not enough memory ({said(error)}); smaller populations, fewer samples or fewer --jobs need less"
    if isinstance(error, ModuleNotFoundError):
        return f"the Python package '{error.name}' is missing: pip install '{error.name}', or install neurosim anew"
    if isinstance(error, OSError):
        return _of_system(error)
    return f"neurosim did not foresee this: {said(error)}; please report it, with what {VARIABLE}=1 shows"


def _of_system(error: OSError) -> str:
    try:
        os.getcwd()
    except OSError:
        return "the folder that neurosim was started in is not there any more; start it in another one"
    said_by_system = error.strerror or str(error)
    return f"{error.filename}: {said_by_system}" if error.filename is not None else said_by_system


def _stop_writing() -> None:
    """Discard what is still to be written, as the output is read no more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def warnings_in_a_line() -> Iterator[None]:
    """Within the context a warning is printed in one line, and each text once."""
    shown: set[str] = set()

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if str(message) not in shown:
            shown.add(str(message))
            err.print(f"[bold yellow]warning:[/bold yellow] {_paragraph(message)}", soft_wrap=True)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def tell_error(error: object) -> None:
    """Print an error as one paragraph on stderr."""
    err.print(f"[bold red]error:[/bold red] {_paragraph(error)}", soft_wrap=True)


def tell_left_out(why: object) -> None:
    """Print a line on stderr about something that cannot be used here, and is left out."""
    err.print(f"[bold yellow]left out:[/bold yellow] {_paragraph(why)}", soft_wrap=True)


def tell_note(note: object) -> None:
    """Print a line on stderr about something that is no mistake."""
    err.print(f"[bold]note:[/bold] {_paragraph(note)}", soft_wrap=True)


def _paragraph(message: object) -> str:
    """A message in one paragraph, whatever it quotes of a user: what moves or colours a terminal is escaped."""
    return escape("".join(c if _is_shown(c) else c.encode("unicode_escape").decode() for c in str(message)))


def _is_shown(character: str) -> bool:
    """Whether a terminal shows a character; bytes of names that are no text are left to `neurosim.cli.plain`."""
    return character.isprintable() or "\udc80" <= character <= "\udcff"


def tell_interrupt(what_now: str) -> None:
    """Print one paragraph on stderr: that the command was interrupted, and how to go on."""
    try:
        err.print(f"[bold]interrupted[/bold]; {escape(what_now)}", soft_wrap=True)
    except OSError:  # the terminal was closed, so what is left to say goes nowhere, and is no error at the exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    out.file.write(json.dumps(value, indent=2) + "\n")
    out.file.flush()


def versions_in_words(versions: Mapping[str, str]) -> str:
    """Names and versions, with commas between."""
    return ", ".join(f"{n} {v}" for n, v in versions.items())


@contextmanager
def watched(what: str) -> Iterator[Progress]:
    """A progress bar on stderr for what takes over two seconds; none is drawn where stderr is no terminal."""
    from neurosim.cli.progress import Progress

    with Progress(what, err) as progress:
        yield progress
