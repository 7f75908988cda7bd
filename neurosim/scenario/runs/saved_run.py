"""A run that is kept in a directory, from its beginning or from where another process left it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from neurosim.backend import registry
from neurosim.backend.contract import Backend, Capabilities, Session
from neurosim.device.table import mocks
from neurosim.edges.optional_packages import TORCH
from neurosim.edges.values import whole_number
from neurosim.errors import InputError, NeurosimError
from neurosim.model.fixed import digest_of
from neurosim.program.features import Feature
from neurosim.program.program import Program
from neurosim.results import pretrained, store
from neurosim.results.result import Result
from neurosim.results.store import Identity, RunDirectory
from neurosim.scenario import engine, schema
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
    return RunDirectory.create(out, _whole_identity(prepared, backend, mode, seed), _texts(prepared, text))


def place_of(prepared: Prepared, backend: Backend, mode: str, seed: int, out: Path) -> Path:
    """The place of a run that follows from what it is: ``out/SCENARIO-BACKEND-MODE-seedN-KEY``.

    KEY is of all that the run's results follow from, so the same run finds what an earlier process of it has left.

    Raises
    ------
    NeurosimError
        If the backend's simulator is missing.
    """
    identity = _whole_identity(prepared, backend, mode, seed)
    of = json.dumps([_resolved(prepared), identity.document()], sort_keys=True)
    name = f"{identity.scenario}-{identity.backend}-{identity.mode}-seed{seed}"
    return out / f"{name}-{hashlib.sha256(of.encode()).hexdigest()[:12]}"


def at(
    place: Path, prepared: Prepared, text: str, backend: Backend, mode: str, seed: int, wait: float = 0.0
) -> RunDirectory:
    """The directory of a run at its place, made where it is not there; `go_on` then runs what is left.

    Parameters
    ----------
    text
        The scenario file as it was given.
    wait
        Seconds to wait for another process that works on it.

    Raises
    ------
    NeurosimError
        If the directory cannot be written, is of another run or in use, or the backend's simulator is missing.
    """
    return RunDirectory.at(place, _whole_identity(prepared, backend, mode, seed), _texts(prepared, text), wait)


def _texts(prepared: Prepared, text: str) -> dict[str, str]:
    return {store.SCENARIO: text, RESOLVED: _resolved(prepared), INDICES: prepared.index_lists}


def _resolved(prepared: Prepared) -> str:
    return json.dumps(prepared.scenario.model_dump(mode="json"), indent=2) + "\n"


def _whole_identity(prepared: Prepared, backend: Backend, mode: str, seed: int) -> Identity:
    seed = whole_number(seed, "seed =", least=0)
    return replace(identity_of(prepared, backend, mode, seed), pretrained=_pretrained(prepared.scenario))


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
    """The scenario of a run, whose file of pre-training and calibrations are where they were when the run began.

    Raises
    ------
    NeurosimError
        If the scenario cannot be read.
    """
    scenario = _with_calibrations(schema.parse(directory.text(store.SCENARIO)), directory.path)
    if scenario.pretraining is None or directory.identity.pretrained is None:
        return scenario
    table = scenario.pretraining.model_copy(update={"file": directory.identity.pretrained[0]})
    return scenario.model_copy(update={"pretraining": table})


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
        samples=tuple(len(t.part(prepared.part)) for t in prepared.tasks),
        versions=_versions(prepared.scenario, backend),
        data=prepared.data_digest,
        wirings={name: wiring.digest for name, wiring in prepared.network.wirings().items()},
        fixed=digest_of(prepared.network.fixed()),
    )


def _versions(scenario: Scenario, backend: Backend) -> dict[str, str]:
    """The versions of all that results follow from; PyTorch counts where a run computes gradients."""
    by_gradients = gradient.trains_by_gradients(scenario) and not isinstance(backend, Ended)
    return registry.versions_of(backend) | ({"torch": TORCH.version(gradient.BY_GRADIENTS)} if by_gradients else {})


def _pretrained(scenario: Scenario) -> tuple[str, str] | None:
    table = scenario.pretraining
    if table is None or table.file is None:
        return None
    path = Path(table.file).absolute()
    return str(path), pretrained.read(path).digest()
