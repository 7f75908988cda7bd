"""Keeping a phase while the next one runs: simulators work in processes of their own, so they need not wait for a disk.

A kill loses at most the phase whose end is being written, which is then run again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from neurosim.program.schedule import Array
from neurosim.results.checkpoint import Checkpoint
from neurosim.results.store.directory import RunDirectory


class BackgroundWriter:
    """Keeps the phases of a run directory in a thread; a context manager.

    It is a `neurosim.scenario.listeners.checkpoint_store.CheckpointStore`.

    It writes one phase at a time. At the end of the context it has written all.

    Raises
    ------
    InputError
        From `keep`, or at the end of the context, if the phase before could not be written.
    """

    def __init__(self, directory: RunDirectory):
        self._directory = directory
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        self._on_its_way: Future[None] | None = None

    def restored(self) -> tuple[Sequence[Checkpoint], Mapping[str, Array]]:
        """The phases and the method's state that the directory has."""
        return self._directory.restored()

    def keep(self, checkpoint: Checkpoint, state: Mapping[str, Array]) -> None:
        """Begin to keep a phase, once the one before is kept."""
        self._wait()
        copied = {name: array.copy() for name, array in state.items()}  # the next phase may write into it
        self._on_its_way = self._thread.submit(self._directory.keep, checkpoint, copied)

    def _wait(self) -> None:
        on_its_way, self._on_its_way = self._on_its_way, None
        if on_its_way is not None:
            on_its_way.result()

    def __enter__(self) -> BackgroundWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._thread.shutdown()
        if kind is None:
            self._wait()
