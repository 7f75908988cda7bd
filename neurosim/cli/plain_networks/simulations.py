"""A plain network as commands run it: from a file in TOML, or from one in Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.cli.console import watched
from neurosim.cli.plain_networks.python_file import names_of_program
from neurosim.edges.toml.text import document, text_of
from neurosim.errors import NeurosimError, SpecError

if TYPE_CHECKING:
    from neurosim.backend.contract import Progress
    from neurosim.scenario.listeners.progress_listener import ProgressListener
    from neurosim.simulation.recordings.recording import Recording
    from neurosim.simulation.running.experiment import Experiment


@dataclass(frozen=True)
class Asked:
    """What the options of a command ask for in place of what a file says.

    Attributes
    ----------
    duration
        A time, or a number of ms; None for that of the file.
    settings
        Each ``KEY=VALUE``.
    allow_code
        Whether a Python file may be executed.
    """

    duration: str | None = None
    settings: Sequence[str] = ()
    allow_code: bool = False


@dataclass(frozen=True)
class NetworkFile:
    """The file of a network.

    Attributes
    ----------
    file, text
        Its path, and its text as it was read.
    asked
        What was asked for in place of what it says.
    """

    file: Path
    text: str
    asked: Asked

    @property
    def is_code(self) -> bool:
        """Whether it is in Python."""
        return self.file.suffix == ".py"


@dataclass(frozen=True)
class ReadySimulation:
    """A network that is built, with all that a backend needs to run it.

    Attributes
    ----------
    origin
        Where it came from, with what was asked for in place of what is there.
    tier
        What `compare` demands of backends; None for nothing.
    """

    name: str
    description: str
    seed: int
    experiment: Experiment
    origin: NetworkFile
    tier: str | None = None

    @property
    def title(self) -> str:
        """Name, description and seed in one line."""
        about = f": {self.description}" if self.description else ""
        return f"[bold]{self.name}[/bold]{about}; seed {self.seed}"

    def named(self, backend: str) -> str:
        """What it is called on a backend."""
        return f"{self.name} on {backend}, seed {self.seed}"

    def recorded(self, backend: str, listener: ProgressListener) -> Recording:
        """Run it on one backend; the listener is told how far it is."""
        return self.experiment.on(backend, steps_told(listener))

    def on(self, backend: str) -> Recording:
        """Run it on one backend, with a bar on stderr if it takes long."""
        with watched(self.named(backend)) as progress:
            return self.recorded(backend, progress)


def steps_told(listener: ProgressListener) -> Progress:
    """What tells a listener the share of the steps that are done; it says nothing before the first are."""

    def tell(done: int, total: int) -> None:
        if done:
            listener.tell(done / total, "simulate")

    return tell


def is_simulation(path: Path) -> bool:
    """Whether a file describes a plain network; what cannot be read is left to whoever reads it in earnest."""
    from neurosim.simulation import schema

    if path.suffix == ".py":
        return True
    try:
        return schema.is_simulation(document(text_of(path)))
    except SpecError:
        return False


def prepared(path: Path, seed: int | None, asked: Asked, folder: Path | None = None) -> ReadySimulation:
    """The network of a file, ready to run.

    Parameters
    ----------
    seed
        None for that of the file.
    folder
        Where files lie that it names; None for its own.

    Raises
    ------
    SpecError
        For every mistake in the file or the options, naming the file.
    """
    if path.suffix == ".py":
        return _of_python(path, seed, asked)
    from neurosim.simulation import schema
    from neurosim.simulation.running.experiment import Experiment

    file = schema.read(path, asked.settings, folder)
    head = file.simulation
    try:
        builder = file.builder(seed)
        duration = file.duration if asked.duration is None else _time(asked.duration)
        experiment = Experiment(builder, duration, file.recordables(builder), file.precision, workers=file.backends())
    except NeurosimError as error:
        raise SpecError(f"{path}: {error}") from None
    origin = NetworkFile(path, text_of(path), asked)
    return ReadySimulation(head.name, head.description, builder.seed, experiment, origin, head.tier)


def _time(text: str) -> str | float:
    """A time of the command line; a number alone is in ms, as everywhere."""
    try:
        return float(text)
    except ValueError:
        return text


def _of_python(path: Path, seed: int | None, asked: Asked) -> ReadySimulation:
    from neurosim.simulation.running.experiment import Experiment

    for option, given in (("--seed", seed is not None), ("--set", bool(asked.settings))):
        if given:
            raise SpecError(f"{path}: {option} is for files in TOML; a Python file says it itself")
    found = names_of_program(path, asked.allow_code)
    network = _network(found, path)
    duration = found.get("duration") if asked.duration is None else _time(asked.duration)
    if duration is None:
        raise SpecError(f"{path}: it defines no duration; give --duration '500 ms', or define duration = '500 ms'")
    try:
        experiment = Experiment(network, duration, found.get("record"))
    except NeurosimError as error:
        raise SpecError(f"{path}: {error}") from None
    return ReadySimulation(path.stem, "", experiment.setup.seed, experiment, NetworkFile(path, text_of(path), asked))


def _network(found: dict[str, Any], path: Path) -> Any:
    from neurosim.simulation.description.builder import NetworkBuilder
    from neurosim.simulation.description.setup import Setup

    network = found.get("network")
    if not isinstance(network, (NetworkBuilder, Setup)):
        what = "none" if network is None else f"one that is a {type(network).__name__}"
        raise SpecError(f"{path}: expected that it defines network = ns.NetworkBuilder(...); it defines {what}")
    return network
