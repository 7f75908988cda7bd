"""A foreign program that ends with this process, however that ends, and with all that it starts.

It cannot look for the death of its parent, as children do that are Python (`lineage`). So a shell does that in its
place: it leads the group of the program and waits for the end of a pipe, of which this process alone has the other
end. A program that is stopped ends, too. The group has the shell's number as long as the shell is there, so no signal
reaches another group that has got the number meanwhile.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

KEEPER = ("/bin/sh", "-c", "trap '' HUP INT TERM; read -r _; kill -9 0")
"""Leads a group, and kills it with itself at the end of its input. The system hangs up groups that were stopped when
this process dies, and the keeper with them, so it does not listen."""


class Leashed:
    """A program that ends with this process.

    Parameters
    ----------
    command
        Its words.
    **options
        Of `subprocess.Popen`.

    Attributes
    ----------
    process
        The program.

    Raises
    ------
    OSError
        If there is no such program.
    """

    def __init__(self, command: Sequence[str], **options: Any):
        self._keeper = subprocess.Popen(
            KEEPER, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **_in_group(0)
        )
        try:
            group = _in_group(self._keeper.pid)
            self.process: subprocess.Popen[bytes] = subprocess.Popen(command, **group, **options)
        except BaseException:
            self._end_group()
            raise

    def signal(self, number: int) -> None:
        """Send a signal to the program alone; nothing happens if it has ended."""
        self.process.send_signal(number)

    def end(self, grace: float) -> None:
        """Close the pipes to the program, wait so many seconds for its end, and kill what is left of its group."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):  # of what it will not read any more
                    pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(grace)
        self._end_group()
        self.process.wait()

    def _end_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._keeper.pid, signal.SIGKILL)
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait()


def _in_group(group: int) -> dict[str, Any]:
    """Options of a process that begins in a group; 0 is a new one, which it leads."""
    if sys.version_info >= (3, 11):
        return {"process_group": group}
    return {"preexec_fn": partial(os.setpgid, 0, group)}
