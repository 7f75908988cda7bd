"""Where all that is said goes: stdout for results, stderr for the rest."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from neurosim.cli import signals
from neurosim.errors import NeurosimError
from neurosim.progress import Progress

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Command = TypeVar("Command", bound=Callable[..., Any])


def explained(command: Command) -> Command:
    """A user's mistake ends in one paragraph and exit code 2, never in a traceback."""

    @functools.wraps(command)
    @signals.heeded()
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except NeurosimError as error:
            tell_error(error)
            raise typer.Exit(2) from None
        except KeyboardInterrupt as interrupt:
            tell_interrupt("nothing was kept of what was under way")
            raise typer.Exit(signals.exit_code(interrupt)) from None

    return wrapped  # type: ignore[return-value]


def tell_error(error: object) -> None:
    """One paragraph."""
    err.print(f"[bold red]error:[/bold red] {escape(str(error))}", soft_wrap=True)


def tell_interrupt(what_now: str) -> None:
    """One paragraph."""
    try:
        err.print(f"[bold]interrupted[/bold]; {escape(what_now)}", soft_wrap=True)
    except OSError:  # the terminal was closed, so what is left to say goes nowhere, and is no error at the exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def print_json(value: Any) -> None:
    out.file.write(json.dumps(value, indent=2) + "\n")


def versions_in_words(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{n} {v}" for n, v in versions.items())


@contextmanager
def watched(what: str) -> Iterator[Progress]:
    """A progress bar on stderr for what takes over two seconds; none where stderr is not a terminal."""
    with Progress(what, err) as progress:
        yield progress
