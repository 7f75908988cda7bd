"""A block of memory that the session shares with the processes of its network: a note in JSON, what went wrong, arrays.

The session makes a file, the worker opens it, what the worker forks inherits it: nothing is sent. Linux has files in
memory without a name, which are opened through ``/proc``, and of which nothing can be left behind; elsewhere it is in
a scratch folder.
"""

from __future__ import annotations

import json
import mmap
import os
import weakref
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.backend.processes.scratch import Scratch
from neurosim.errors import BackendError

Layout = Mapping[str, tuple[str, tuple[int, ...]]]
"""(dtype, shape) of each array, in the order in which they lie in memory."""

AnyArray = NDArray[Any]

Address = tuple[str, int]

NOTE_BYTES = 1 << 22
"""Room of the note. Memory that is never written to costs nothing, here as in arrays."""

FAILURE_BYTES = 4096

_LENGTH_BYTES, _ALIGNMENT = 8, 64
_ARRAYS = NOTE_BYTES + FAILURE_BYTES


class Block:
    """Memory of an open file, all of it.

    Attributes
    ----------
    address
        What `at` opens it by in another process, as long as this one has it: a path, and which file that is.
    """

    def __init__(self, file: int, path: str):
        self.address: Address = (path, os.fstat(file).st_ino)
        self._memory = mmap.mmap(file, 0)
        weakref.finalize(self, os.close, file)

    @classmethod
    def of(cls, capacity: int) -> Block:
        """A new one, with so many bytes for arrays."""
        if hasattr(os, "memfd_create"):
            file = os.memfd_create("neurosim")
            path = f"/proc/{os.getpid()}/fd/{file}"
        else:
            scratch = Scratch()
            path = str(scratch.path / "block")
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.truncate(file, _ARRAYS + capacity)
        block = cls(file, path)
        if not path.startswith("/proc/"):
            weakref.finalize(block, _remove, scratch, os.getpid())
        return block

    @classmethod
    def at(cls, address: Address) -> Block:
        """The one of another process."""
        path, _ = address
        return cls(os.open(path, os.O_RDWR), path)

    @property
    def capacity(self) -> int:
        """Bytes for arrays."""
        return len(self._memory) - _ARRAYS

    def write(self, note: Mapping[str, Any]) -> None:
        """Replace the note, and forget a failure."""
        text = json.dumps(note).encode()
        if len(text) > NOTE_BYTES - _LENGTH_BYTES:
            raise BackendError(f"the program's text of {len(text)} bytes is longer than {NOTE_BYTES - _LENGTH_BYTES}")
        self._memory[:_LENGTH_BYTES] = len(text).to_bytes(_LENGTH_BYTES, "little")
        self._memory[_LENGTH_BYTES : _LENGTH_BYTES + len(text)] = text
        self._memory[NOTE_BYTES] = 0

    def read(self) -> dict[str, Any]:
        """The note."""
        length = int.from_bytes(self._memory[:_LENGTH_BYTES], "little")
        note: dict[str, Any] = json.loads(self._memory[_LENGTH_BYTES : _LENGTH_BYTES + length])
        return note

    def fail(self, why: str) -> None:
        """Say why a process of the network ends, for the one that waits for it."""
        text = why.encode()[: FAILURE_BYTES - 1]
        self._memory[NOTE_BYTES : NOTE_BYTES + len(text) + 1] = text + b"\0"

    def failure(self) -> str:
        """What `fail` was told since the last note; empty where nothing was."""
        text, _, _ = bytes(self._memory[NOTE_BYTES:_ARRAYS]).partition(b"\0")
        return text.decode(errors="replace")

    def arrays(self, layout: Layout) -> dict[str, AnyArray]:
        """The arrays themselves, not copies."""
        starts = _starts(layout)
        return {
            name: np.ndarray(shape, dtype, self._memory, _ARRAYS + start)
            for start, (name, (dtype, shape)) in zip(starts, layout.items(), strict=False)
        }

    def with_room(self, layout: Layout) -> Block:
        """The block itself, or if it is too small, one of twice what the arrays need, in which its own arrays lie."""
        capacity = _starts(layout)[-1]
        if capacity <= self.capacity:
            return self
        larger = Block.of(2 * capacity)
        larger._memory[_ARRAYS : _ARRAYS + self.capacity] = self._memory[_ARRAYS:]
        return larger


def _remove(scratch: Scratch, maker: int) -> None:
    """Remove the folder of a block; a process that was forked has the block, too, and leaves it alone."""
    if os.getpid() == maker:
        scratch.close()


def _starts(layout: Layout) -> list[int]:
    """The byte at which each array starts, and the end."""
    starts = [0]
    for dtype, shape in layout.values():
        length = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        starts.append(-(-(starts[-1] + length) // _ALIGNMENT) * _ALIGNMENT)
    return starts
