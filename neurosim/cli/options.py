"""Arguments and options that several commands have, and functions that read their values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurosim.cli import completing
from neurosim.cli.console import tell_note
from neurosim.edges import files
from neurosim.errors import SpecError, nearest

if TYPE_CHECKING:
    from neurosim.backend.contract import Backend
    from neurosim.scenario.preparation import Prepared
    from neurosim.scenario.schema import Document

ScenarioPath = Annotated[
    Path,
    typer.Argument(metavar="SCENARIO", help="A scenario file in TOML.", autocompletion=completing.scenario_files),
]
SimulationPath = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="A file in TOML with [simulation], or with --allow-code one in Python.",
        autocompletion=completing.network_files,
    ),
]
Duration = Annotated[
    str | None, typer.Option("--duration", metavar="TIME", help="How long, such as '500 ms'.  [default: the file's]")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting: network.population.e.size=400. Repeat it for others."),
]
Variant = Annotated[
    str | None, typer.Option("--variant", metavar="NAME", help="One of the file's [variants], in place of the file.")
]
AllowCode = Annotated[
    bool, typer.Option("--allow-code", help="Python code that a file is, or that its [data] names, may be executed.")
]
DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="FOLDER", envvar="NEUROSIM_DATA", help="Where data sets are: FOLDER/NAME, or FOLDER itself."
    ),
]
Backends = Annotated[
    list[str] | None,
    typer.Option(
        "--backend",
        "--backends",
        metavar="NAMES",
        help="NAME[:MODE], with commas between.  [default: reference]",
        autocompletion=completing.backends,
    ),
]
Seed = Annotated[int, typer.Option(help="Seed of all random streams.", min=0)]
Seeds = Annotated[
    list[str] | None,
    typer.Option(
        "--seed", "--seeds", metavar="SEEDS", help="Seeds of all random streams: 3, or 0,1,2, or 0..4.  [default: 0]"
    ),
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", metavar="N", help="How many runs go on side by side.", min=1)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]


def check_target(path: Path) -> None:
    """Refuse a place for a file before anything is computed for it.

    Raises
    ------
    SpecError
        If no file can be written there.
    """
    if not path.parent.is_dir():
        raise SpecError(f"{path}: there is no folder {path.parent}")
    try:
        files.check_target(path)
    except OSError as error:
        raise SpecError(f"{path}: cannot be written ({error.strerror})") from None


def names_of(texts: Sequence[str], option: str = "--backends", known: Collection[str] | None = None) -> list[str]:
    """The names of ``a,b`` and ``c``.

    Parameters
    ----------
    known
        Names that there are; None for those of installed backends.

    Raises
    ------
    SpecError
        If there is none.
    """
    from neurosim.backend import registry

    text = ",".join(texts)
    if names := [name.strip() for name in text.split(",") if name.strip()]:
        return names
    raise SpecError(f"{option} {text!r} names none; {nearest('', registry.names() if known is None else known)}")


def each_once(names: Sequence[str], others: Mapping[str, Backend] | None = None) -> list[tuple[Backend, str]]:
    """The backends of these names, and their modes.

    Raises
    ------
    SpecError
        For one that is named twice, with or without its mode.
    NeurosimError
        As of `neurosim.backend.registry.load`.
    """
    from neurosim.backend import registry

    found: dict[str, tuple[Backend, str]] = {}
    for name in names:
        backend, mode = registry.load(name, others)
        if f"{backend.name}:{mode}" in found:
            raise SpecError(f"--backends: {backend.name}:{mode} is named twice; expected each once")
        found[f"{backend.name}:{mode}"] = backend, mode
    return list(found.values())


def read_documents(
    paths: Sequence[Path], variant: str | None = None, settings: Sequence[str] | None = None
) -> list[Document]:
    """The documents of files: of one of their variants, with settings of the command line.

    Raises
    ------
    SpecError
        If a scenario is wrong; the error names the file.
    """
    from neurosim.edges.toml.settings import parsed
    from neurosim.scenario.schema import ScenarioFile

    values = parsed(settings or ())
    return [ScenarioFile.read(path).document(variant, values) for path in paths]


def with_data(documents: Sequence[Document], data_folder: Path | None, allow_code: bool = False) -> list[Prepared]:
    """The scenarios of documents with their data, ready to run; what has no effect in them is told on stderr.

    Parameters
    ----------
    allow_code
        Whether Python code that a scenario names for its data may be executed.

    Raises
    ------
    SpecError
        If a scenario or its data are wrong; the error names the file.
    """
    from neurosim.scenario.runs.preparing import prepared_each

    ready: list[Prepared] = []
    for document, prepared, lines in prepared_each(documents, data_folder, allow_code):
        ready.append(prepared)
        for line in lines:
            tell_note(f"{document.where}: {line}")
    return ready


def read_scenarios(
    paths: Sequence[Path],
    data_folder: Path | None,
    allow_code: bool = False,
    variant: str | None = None,
    settings: Sequence[str] | None = None,
) -> list[Prepared]:
    """The scenarios of files with their data, ready to run; what has no effect in them is told on stderr.

    Parameters
    ----------
    allow_code
        Whether Python code that a scenario names for its data may be executed.

    Raises
    ------
    SpecError
        If a scenario or its data are wrong; the error names the file.
    """
    return with_data(read_documents(paths, variant, settings), data_folder, allow_code)
