"""A run that is kept in a directory, from its beginning or from where another process left it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from neurosim.backend import registry
from neurosim.backend.contract import Backend, Capabilities, Session
from neurosim.device.table import mocks
from neurosim.edges import files
from neurosim.edges.optional_packages import TORCH
from neurosim.edges.values import whole_number
from neurosim.errors import InputError, NeurosimError
from neurosim.model.fixed import digest_of
from neurosim.program.features import Feature
from neurosim.program.program import Program
from neurosim.results import pretrained, store
from neurosim.results.result import Result
from neurosim.results.store import Identity, RunDirectory
from neurosim.results.store.identity import source_changed
from neurosim.scenario import engine, schema
from neurosim.scenario.datasets.from_code import python_code
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.methods import gradient
from neurosim.scenario.preparation import Prepared
from neurosim.scenario.schema import Scenario

RESOLVED, INDICES = "resolved.json", "indices.json"


def begin(prepared: Prepared, text: str, backend: Backend, mode: str, seed: int, out: Path) -> RunDirectory:
    """Make the directory of a run, which `go_on` then runs.

    Parameters
    ----------
    text
        The scenario file as it was given.
    out
        The folder that run directories are made in.

    Raises
    ------
    NeurosimError
        If the directory cannot be written, or the backend's simulator is missing.
    """
    return RunDirectory.create(out, *_started_from(prepared, text, backend, mode, seed))


def begin_at(path: Path, prepared: Prepared, text: str, backend: Backend, mode: str, seed: int) -> RunDirectory:
    """Make the directory of a run at a place of its own.

    Parameters
    ----------
    path
        Where nothing is.
    text
        As in `begin`.

    Raises
    ------
    NeurosimError
        If the directory cannot be written, or the backend's simulator is missing.
    """
    return RunDirectory.create_at(path, *_started_from(prepared, text, backend, mode, seed))


def place_of(prepared: Prepared, backend: Backend, mode: str, seed: int, out: Path) -> Path:
    """The place of a run that follows from what it is: ``out/SCENARIO-BACKEND-MODE-seedN-KEY``.

    KEY is of all that the run's results follow from, so the same run finds what an earlier process of it has left.

    Raises
    ------
    NeurosimError
        If the backend's simulator is missing.
    """
    i, texts = _started_from(prepared, "", backend, mode, seed)
    of = json.dumps([texts[RESOLVED], i.document()], sort_keys=True)
    return out / f"{i.scenario}-{i.backend}-{i.mode}-seed{seed}-{hashlib.sha256(of.encode()).hexdigest()[:12]}"


def at(
    path: Path, prepared: Prepared, text: str, backend: Backend, mode: str, seed: int, wait: float = 0.0
) -> RunDirectory:
    """The directory of a run at its place, made where it is not there; `go_on` then runs what is left.

    Parameters
    ----------
    text
        As in `begin`.
    wait
        Seconds to wait for another process that works on it.

    Raises
    ------
    NeurosimError
        If the directory cannot be written, is of another run or in use, or the backend's simulator is missing.
    """
    if not (path / store.RUN).is_file():
        try:
            return begin_at(path, prepared, text, backend, mode, seed)
        except InputError:
            if not (path / store.RUN).is_file():  # else another process was faster
                raise
    directory = RunDirectory.open(path, wait)
    try:
        check_same(directory, prepared, Ended(directory.identity) if directory.has_ended else backend)
    except BaseException:
        directory.__exit__()
        raise
    return directory


def _started_from(
    prepared: Prepared, text: str, backend: Backend, mode: str, seed: int
) -> tuple[Identity, dict[str, str]]:
    """What a run is of, and the texts that it starts from."""
    seed = whole_number(seed, "seed =", least=0)
    identity = replace(identity_of(prepared, backend, mode, seed), pretrained=_pretrained(prepared.scenario))
    return identity, {
        store.SCENARIO: text,
        RESOLVED: json.dumps(prepared.scenario.model_dump(mode="json"), indent=2) + "\n",
        INDICES: prepared.index_lists,
    }


@contextmanager
def kept(directory: RunDirectory) -> Iterator[RunDirectory]:
    """Within the context the directory is open; if the run fails before a phase is kept, it is removed."""
    with directory:
        try:
            yield directory
        except NeurosimError:
            if not directory.has_phases:
                directory.discard()
            raise


def peek(path: Path) -> tuple[Identity, Scenario, bool]:
    """What a run directory is of, and whether it has a result; nothing is written.

    Raises
    ------
    NeurosimError
        If it is no run directory, or what the run started from is not as it was.
    """
    identity, _ = store.read_run(path)
    scenario = schema.parse(schema.text_of(path / store.SCENARIO))
    return identity, scenario, store.has_result(path)


def scenario_of(directory: RunDirectory) -> Scenario:
    """The scenario of a run, whose data, file of pre-training and calibrations are where they were when the run began.

    Raises
    ------
    NeurosimError
        If the scenario cannot be read.
    """
    scenario = _with_calibrations(schema.parse(directory.text(store.SCENARIO)), directory.path)
    if directory.identity.source is not None:
        scenario = scenario.model_copy(update={"data": scenario.data.at(directory.identity.source[0])})
    if directory.identity.nir is not None:
        scenario = scenario.with_nir_at(directory.identity.nir[0])
    if scenario.pretraining is None or directory.identity.pretrained is None:
        return scenario
    table = scenario.pretraining.model_copy(update={"file": directory.identity.pretrained[0]})
    return scenario.model_copy(update={"pretraining": table})


def check_code(path: Path, identity: Identity) -> None:
    """Refuse to go on where the Python file that gave the data is not as it was; it is read and not executed.

    Raises
    ------
    NeurosimError
        If it is not there, or has another digest.
    """
    if identity.source is None or python_code.digest(Path(identity.source[0])) != identity.source[1]:
        raise source_changed(str(path), identity.source)


def _with_calibrations(scenario: Scenario, path: Path) -> Scenario:
    """The scenario, with the calibrations of its devices where they were when the run began."""
    chips = mocks(scenario.devices)
    if not any(table.calibration for table in chips.values()):
        return scenario
    try:
        then = json.loads(schema.text_of(path / RESOLVED))["devices"]
        places = {name: str(then[name]["calibration"]) for name, t in chips.items() if t.calibration}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"{path / RESOLVED}: it does not tell where calibrations of devices were") from None
    devices = {
        name: t.model_copy(update={"calibration": places[name]}) if name in places else t for name, t in chips.items()
    }
    return scenario.model_copy(update={"devices": {**scenario.devices, **devices}})


class Ended:
    """Stands for the backend of a run that has ended: the run asks nothing of it, so nothing is started."""

    def __init__(self, identity: Identity):
        self.name, self._identity = identity.backend, identity

    def capabilities(self) -> Capabilities:
        """The mode of the run, with everything that a program can ask for."""
        return Capabilities((self._identity.mode,), {self._identity.mode: frozenset(Feature)})

    def versions(self) -> dict[str, str]:
        """The versions that the run had."""
        return dict(self._identity.versions)

    def compile(self, program: Program, *, mode: str = "default") -> Session:
        """Refuse to compile.

        Raises
        ------
        NeurosimError
            Always.
        """
        raise NeurosimError("a run that has ended compiles nothing")


def go_on(directory: RunDirectory, prepared: Prepared, backend: Backend, listener: Listener | None = None) -> Result:
    """Run the phases of a run that have not ended, and write the result of all of them.

    Raises
    ------
    NeurosimError
        If the engine raises one; the phases that ended are kept.
    """
    i = directory.identity
    try:
        open_session = registry.opener(backend, i.mode)
        result = engine.run_prepared(prepared, open_session, i.seed, listener=listener, checkpoints=directory)
        directory.finish(result)
    except KeyboardInterrupt:
        directory.tell("interrupted")
        raise
    except NeurosimError as error:
        directory.tell("failed", error=str(error))
        raise
    return result


def check_same(directory: RunDirectory, prepared: Prepared, backend: Backend) -> None:
    """Refuse to go on with a run under other versions, or on other data.

    Raises
    ------
    InputError
        Naming what differs, as it was and as it is.
    """
    was = directory.identity
    # After the first phase the file of pre-training is not read any more.
    taken = was.pretrained if directory.has_phases else _pretrained(prepared.scenario)
    now = replace(identity_of(prepared, backend, was.mode, was.seed), pretrained=taken)
    store.check_same(was, now, str(directory.path))


def check_ended(path: Path, was: Identity, prepared: Prepared) -> None:
    """Refuse a run that has ended if it was on other data; the versions that it had are its own.

    Raises
    ------
    InputError
        Naming what differs.
    """
    now = identity_of(prepared, Ended(was), was.mode, was.seed)
    store.check_same(was, replace(now, pretrained=was.pretrained), str(path))


def identity_of(prepared: Prepared, backend: Backend, mode: str, seed: int) -> Identity:
    """The identity of a run, without its file of pre-training.

    Raises
    ------
    BackendUnavailable
        If the backend's simulator is missing.
    """
    return Identity(
        scenario=prepared.name,
        seed=seed,
        backend=backend.name,
        mode=mode,
        part=prepared.part,
        samples=prepared.samples,
        versions=_versions(prepared.scenario, backend),
        data=prepared.data_digest,
        wirings={name: wiring.digest for name, wiring in prepared.network.wirings().items()},
        fixed=digest_of(prepared.network.fixed()),
        source=prepared.data.source,
        nir=_nir(prepared.scenario),
        metrics=prepared.scenario.scenario.metrics,
    )


def _nir(scenario: Scenario) -> tuple[str, str] | None:
    """The file of NIR that the network is read from, and its SHA-256."""
    if scenario.network.nir is None:
        return None
    path = Path(scenario.network.nir).absolute()
    return str(path), hashlib.sha256(files.content(path)).hexdigest()


def _versions(scenario: Scenario, backend: Backend) -> dict[str, str]:
    """The versions of all that results follow from; PyTorch counts where a run computes gradients."""
    versions = registry.versions_of(backend)
    if isinstance(backend, Ended):
        return versions
    by_gradients = gradient.trains_by_gradients(scenario)
    torch = {"torch": TORCH.version(gradient.BY_GRADIENTS)} if by_gradients else {}
    return versions | torch | scenario.package_versions(backend.name)


def _pretrained(scenario: Scenario) -> tuple[str, str] | None:
    table = scenario.pretraining
    if table is None or table.file is None or scenario.starts_from_nir:
        return None
    path = Path(table.file).absolute()
    return str(path), pretrained.read(path).digest()
