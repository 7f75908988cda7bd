"""`neurosim init`: copies an example that comes with neurosim."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neurosim.cli import completing
from neurosim.cli.console import out, print_json
from neurosim.cli.options import AsJson
from neurosim.errors import SpecError

if TYPE_CHECKING:
    from neurosim.cli.commands.setup.examples import Example

HEADINGS = {"scenario": "Scenarios", "simulation": "Plain networks", "study": "Studies"}
OWN_DATA = ("digits",)
"""Data sets that need no files of the user."""


def init(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="An example; without it they are listed.", autocompletion=completing.examples
        ),
    ] = None,
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where it goes.", show_default="this folder")
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """Copy an example scenario that comes with neurosim.

    Files that it extends, and trained weights that it names, come along. Nothing is overwritten.
    """
    from neurosim.cli.commands.setup import examples

    if name is None:
        _list(examples.examples(), as_json)
        return
    chosen = examples.example(name)
    _copy({directory / path: (examples.folder() / path).read_bytes() for path in chosen.files()})
    first, *others = [directory / path for path in chosen.files()]
    command = shlex.join(["neurosim", examples.COMMANDS[chosen.kind], str(first)])
    if as_json:
        print_json({"name": chosen.name, "files": [str(path) for path in (first, *others)], "command": command})
        return
    out.print(f"{first}: {chosen.description}", soft_wrap=True, markup=False)
    if others:
        out.print(f"with it: {', '.join(map(str, others))}", soft_wrap=True, markup=False)
    if (data := _data_of(chosen)) is not None:
        out.print(f"it needs the files of the data set '{data}': --data FOLDER names their folder", soft_wrap=True)
    out.print(f"go on with: {command}", soft_wrap=True, markup=False)


def _copy(contents: Mapping[Path, bytes]) -> None:
    """Write files, if none of them would take the place of another one.

    Raises
    ------
    SpecError
        If one is there that differs, or one cannot be written.
    """
    from neurosim.edges import atomic

    for path, content in contents.items():
        if path.exists() and not (path.is_file() and path.read_bytes() == content):
            raise SpecError(f"{path}: it is there already, and differs; name another DIR")
    try:
        for path, content in contents.items():
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                atomic.write(path, content)
    except OSError as error:
        raise SpecError(f"{error.filename}: cannot be written ({error.strerror})") from None


def _data_of(example: Example) -> str | None:
    """The data set that the user has to have."""
    from neurosim.cli.commands.setup.examples import folder
    from neurosim.edges.toml import text

    for path in reversed(example.files()):
        if path.suffix == ".toml":
            name = text.document(text.text_of(folder() / path)).get("data", {}).get("name")
            if name is not None:
                return None if name in OWN_DATA else str(name)
    return None


def _list(examples: Sequence[Example], as_json: bool) -> None:
    """Print examples by their kind."""
    from rich.table import Table

    if as_json:
        print_json([_as_data(one) for one in examples])
        return
    for kind, heading in HEADINGS.items():
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        for one in examples:
            if one.kind == kind:
                table.add_row(f"  [bold]{one.name}[/bold]", _in_words(one))
        out.print(f"{heading}:")
        out.print(table)
        out.print()
    out.print("Copy one: neurosim init NAME [DIR]", markup=False)


def _in_words(example: Example) -> str:
    data = _data_of(example)
    return example.description if data is None else f"{example.description}; needs --data"


def _as_data(example: Example) -> dict[str, Any]:
    about = {"name": example.name, "kind": example.kind, "description": example.description}
    return about | {"data": _data_of(example)}
