"""The command line as a whole: commands are imported when they are called, for most import much."""

from __future__ import annotations

import sys
from functools import cached_property
from pkgutil import resolve_name
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from neurosim.cli import commands
from neurosim.cli.console import errors_told, explained
from neurosim.cli.plain import make_streams_plain


class CommandList(TyperGroup):
    """All commands, none of them imported; an error before a command begins also ends in one paragraph."""

    def __init__(self, **attributes: Any):
        super().__init__(**attributes)
        for name, (place, summary) in commands.COMMANDS.items():
            self.add_command(LateCommand(name, f"{commands.__name__}.{place}", summary))

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line, and exit with its code."""
        make_streams_plain()
        try:
            with errors_told():
                return super().main(*args, **kwargs)
        except typer.Exit as end:  # of an error that was told; the one of a command ended in `SystemExit`
            sys.exit(end.exit_code)


class LateCommand(TyperCommand):
    """Stands for a command until it is called: whoever asks for its context gets that of the command itself.

    Parameters
    ----------
    place
        The command's function, or its group of commands, as ``MODULE:NAME``.
    summary
        Its line in the list of commands.
    """

    def __init__(self, name: str, place: str, summary: str):
        super().__init__(name, help=summary, short_help=summary, rich_markup_mode=None)
        self.place = place

    @cached_property
    def command(self) -> Any:
        """The command, imported."""
        function = resolve_name(self.place)
        group = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        group.callback()(_nothing)
        if isinstance(function, typer.Typer):
            group.add_typer(function)
        else:
            group.command(self.name)(explained(function))
        return typer.main.get_group(group).commands[str(self.name)]

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the context of the command itself."""
        return self.command.make_context(*args, **kwargs)


def _nothing() -> None:
    pass
