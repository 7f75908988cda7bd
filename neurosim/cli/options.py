"""Arguments and options that several commands have, and functions that read their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurosim.backend import registry
from neurosim.backend.contract import Backend
from neurosim.cli.console import tell_note
from neurosim.edges import files
from neurosim.errors import NeurosimError, SpecError, nearest
from neurosim.scenario.datasets.dataset import Dataset
from neurosim.scenario.schema import DataTable

if TYPE_CHECKING:
    from neurosim.scenario.preparation import Prepared

ScenarioPath = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario file in TOML.")]
SimulationPath = Annotated[
    Path, typer.Argument(metavar="FILE", help="A file in TOML with [simulation], or with --allow-code one in Python.")
]
Duration = Annotated[
    str | None, typer.Option("--duration", metavar="TIME", help="How long, such as '500 ms'.  [default: the file's]")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting: network.population.e.size=400. Repeat it for others."),
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
        "--backend", "--backends", metavar="NAMES", help="NAME[:MODE], with commas between.  [default: reference]"
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

LARGEST_RANGE = 100_000
"""The most seeds that A..B may stand for; more are a slip of the finger."""


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


def names_of(texts: Sequence[str]) -> list[str]:
    """The names of ``a,b`` and ``c``.

    Raises
    ------
    SpecError
        If there is none.
    """
    text = ",".join(texts)
    if names := [name.strip() for name in text.split(",") if name.strip()]:
        return names
    raise SpecError(f"--backends {text!r} names none; {nearest('', registry.names())}")


def each_once(names: Sequence[str], others: Mapping[str, Backend] | None = None) -> list[tuple[Backend, str]]:
    """The backends of these names, and their modes.

    Raises
    ------
    SpecError
        For one that is named twice, with or without its mode.
    NeurosimError
        As of `neurosim.backend.registry.load`.
    """
    found: dict[str, tuple[Backend, str]] = {}
    for name in names:
        backend, mode = registry.load(name, others)
        if f"{backend.name}:{mode}" in found:
            raise SpecError(f"--backends: {backend.name}:{mode} is named twice; expected each once")
        found[f"{backend.name}:{mode}"] = backend, mode
    return list(found.values())


def seeds_of(texts: Sequence[str]) -> tuple[int, ...]:
    """The seeds of ``3``, ``0,1,2`` and ``0..4``, both ends included; each once.

    Raises
    ------
    SpecError
        For anything else than whole numbers of at least 0, or a range that is too long.
    """
    parts = [part.strip() for text in texts for part in text.split(",")]
    return tuple(dict.fromkeys(seed for part in parts for seed in _range(part, ",".join(texts))))


def _range(part: str, text: str) -> range:
    match = re.fullmatch(r"(\d{1,19})(?:\.\.(\d{1,19}))?", part, re.ASCII)
    if match:
        first, last = int(match[1]), int(match[2] or match[1])
        if 0 <= last - first < LARGEST_RANGE:
            return range(first, last + 1)
    raise SpecError(
        f"--seeds {text!r:.80}; expected whole numbers of at least 0, with commas between, or A..B with A <= B"
    )


def read_scenarios(paths: Sequence[Path], data_folder: Path | None, allow_code: bool = False) -> list[Prepared]:
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
    from neurosim.scenario import schema
    from neurosim.scenario.preparation import plan, with_data
    from neurosim.scenario.runs.remarks import remarks

    loaded: dict[DataTable, Dataset] = {}  # data may be large, so scenarios with the same share them
    prepared: list[Prepared] = []
    for path in paths:
        scenario = schema.read(path)
        try:
            planned = plan(scenario)
            if scenario.data not in loaded:
                loaded[scenario.data] = scenario.data.build(data_folder, allow_code=allow_code)
            prepared.append(with_data(planned, loaded[scenario.data]))
            for line in remarks(scenario, prepared[-1].tasks, planned.network):
                tell_note(f"{path}: {line}")
        except NeurosimError as error:
            raise SpecError(f"{path}: {error}") from None
    return prepared
