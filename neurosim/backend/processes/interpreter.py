"""Python processes that import nothing from the working folder, where anybody may have put a ``random.py``.

``python -c`` and ``python -m`` look there first. What neurosim starts is told not to. What a library starts, or reads
from the working folder, it starts and reads while this process is `elsewhere`.

``-I`` would do too much: it drops ``PYTHONPATH`` and what the user has installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SAFE = ("-P",) if sys.version_info >= (3, 11) else ()
"""Options of this interpreter. Processes of the standard library in that process get them, too."""

FORGETTING = "import sys; sys.path[:] = [p for p in sys.path if p]"
"""Code that begins a process of any interpreter: ``-c`` has put an empty path, the working folder, in front."""


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module in this interpreter."""
    code = f"{FORGETTING}; import runpy; runpy.run_module({name!r}, run_name='__main__', alter_sys=True)"
    return [sys.executable, *SAFE, "-c", code, *arguments]


@contextmanager
def elsewhere() -> Iterator[None]:
    """A context in which the process is in the root folder: nothing of a user is there.

    Its other threads are there as well, so this is for moments in which none of them opens a file by a relative path.
    """
    before = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))  # which may have no name any more
    try:
        os.chdir("/")
        yield
    finally:
        os.fchdir(before)
        os.close(before)
