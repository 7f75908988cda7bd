"""A simulation block by block, each of which is kept; from its beginning, or from where another process left it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from neurosim.backend.contract import Progress, Session
from neurosim.backend.sessions.pieces import keeps_state
from neurosim.edges.files import path_of
from neurosim.errors import InputError, NeurosimError
from neurosim.results.store import checksummed, events
from neurosim.simulation.kept import block_files
from neurosim.simulation.kept.block_files import End
from neurosim.simulation.kept.directory import SimulationDirectory, has_ended, is_simulation, read_begun
from neurosim.simulation.kept.identity import SimulationIdentity, check_same
from neurosim.simulation.recordings.joined import joined
from neurosim.simulation.recordings.recording import Recording
from neurosim.simulation.running.experiment import Experiment
from neurosim.simulation.running.pieces import in_pieces


class DamagedBlock(InputError):
    """The file of a block is not as it was written."""


def keep_in(
    folder: Path, experiment: Experiment, backend: str, progress: Progress | None = None, block: int | None = None
) -> None:
    """Run a simulation that is kept in a folder, or what is left of it.

    Parameters
    ----------
    block
        Steps of a block; None for as many as follow from the network.

    Raises
    ------
    InputError
        If the folder has something else in it, or cannot be written.
    NeurosimError
        Whatever the backend raises; the blocks that ended are kept.
    """
    identity = SimulationIdentity.of(experiment, "simulation", backend, block)
    with _made(folder, identity) or _there(folder, identity) as directory:
        go_on(directory, experiment, progress)


def recorded_in(folder: Path, experiment: Experiment, backend: str, progress: Progress | None = None) -> Recording:
    """All that a simulation records that is kept in a folder: read where it has ended and is whole, else run.

    Raises
    ------
    InputError
        If the folder has something else in it, or cannot be written.
    NeurosimError
        Whatever the backend raises; the blocks that ended are kept.
    """
    identity = SimulationIdentity.of(experiment, "simulation", backend)
    if is_simulation(folder):
        begun, seal = read_begun(folder)
        check_same(begun, identity, str(folder))
        with suppress(DamagedBlock):
            if has_ended(folder):
                return joined(list(_blocks(folder, begun, seal)))
    keep_in(folder, experiment, backend, progress)
    return read(folder)


def _made(folder: Path, identity: SimulationIdentity) -> SimulationDirectory | None:
    """A new directory; None where something is there, which another process may just have made."""
    if folder.exists():
        return None
    above = next(p for p in folder.absolute().parents if p.exists())
    if not above.is_dir():
        raise InputError(f"simulate: folder {folder}: {above} is a file, no folder; choose another place")
    directory = SimulationDirectory.create(folder, identity, {})
    if directory.path == folder:
        return directory
    with directory:
        directory.discard()
    return None


def _there(folder: Path, identity: SimulationIdentity) -> SimulationDirectory:
    """The directory of the same simulation; one of another is refused as it is."""
    check_same(read_begun(folder)[0], identity, str(folder))
    return SimulationDirectory.open(folder)


def go_on(directory: SimulationDirectory, experiment: Experiment, progress: Progress | None = None) -> None:
    """Run the blocks of a simulation that are not kept yet.

    Raises
    ------
    NeurosimError
        If the backend fails; the blocks that ended are kept.
    """
    if directory.has_ended:
        return
    i = directory.identity
    try:
        with experiment.opened(f"{i.backend}:{i.mode}") as session:
            _restore(directory, experiment, session)
            while directory.steps < experiment.steps or not directory.blocks:
                _run_block(directory, experiment, session, progress)
        directory.finish()
    except KeyboardInterrupt:
        directory.tell("interrupted")
        raise
    except NeurosimError as error:
        directory.tell("failed", error=str(error))
        raise


def _restore(directory: SimulationDirectory, experiment: Experiment, session: Session) -> None:
    if directory.end is not None:
        session.write(directory.end.learned)
        session.write_state(directory.end.state)


def _run_block(
    directory: SimulationDirectory, experiment: Experiment, session: Session, progress: Progress | None
) -> None:
    first = directory.steps
    is_cut = first > 0 or keeps_state(session, experiment.program)
    stop = min(first + directory.identity.block, experiment.steps) if is_cut else experiment.steps
    if progress is None:
        recording = experiment.run(session, first, stop)
    else:
        recording = in_pieces(experiment, session, first, stop, progress)
    state = session.read_state() if is_cut else {}
    is_told = experiment.learns or stop == experiment.steps  # what no rule changes is first weights until the end
    directory.keep(recording, End(state, session.read() if is_told else {}), stop)


def blocks(path: str | Path) -> Iterator[Recording]:
    """The recordings of the blocks of a simulation, one after another; weights are those of the last one's end.

    Parameters
    ----------
    path
        The directory of the simulation.

    Raises
    ------
    InputError
        If it is no directory of a simulation; once it is read, if a block is damaged.
    """
    folder = path_of(path, "read_blocks: folder")
    return _blocks(folder, *read_begun(folder))


def _blocks(path: Path, identity: SimulationIdentity, seal: str) -> Iterator[Recording]:
    times = {str(e.get("number")): e for e in events.read(path) if e.get("event") == "block"}
    for number in range(block_files.count(path)):
        try:
            block, recording = block_files.read(path, number)
            if block.before != seal:
                raise checksummed.AlteredFile("it does not follow the block before it")
            learned = block_files.read_end(path, block.end).learned if block.steps == identity.steps else {}
        except checksummed.AlteredFile as damage:
            raise DamagedBlock(
                f"{path / block_files.name_of(number)}: {damage}; go on with it: that makes it anew"
            ) from None
        seal = block.seal
        took = times.get(str(number), {})
        seconds, wall = (events.seconds(took, name) for name in ("seconds", "wall"))
        yield replace(recording, learned=learned, seconds=seconds, wall=wall)
        if block.steps == identity.steps:
            return


def read(path: str | Path) -> Recording:
    """All that a simulation recorded.

    Parameters
    ----------
    path
        The directory of the simulation, which has ended.

    Raises
    ------
    InputError
        If it is no directory of a simulation, has not ended, or is damaged.
    """
    folder = path_of(path, "read_recording: folder")
    identity, seal = read_begun(folder)
    if not has_ended(folder):
        raise InputError(f"{folder}: the simulation has not ended; go on with: neurosim resume {folder}")
    return joined(list(_blocks(folder, identity, seal)))
