"""Opens a board for sessions: each has one of its own, or all share the one that there is.

A scenario has a session for each mode of its network, all at once. A program is started for each of them; a board
behind a serial line or a port is one board, and whoever runs on it loads its program first, if another was loaded.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from neurosim.device.board.board import Board
from neurosim.device.board.link.address import Address
from neurosim.device.board.link.caller import Caller
from neurosim.device.board.link.faults import FaultyLines, LineFault
from neurosim.device.board.link.lease import Lease


class Boards:
    """The board, or the boards, at an address.

    Parameters
    ----------
    name
        Of the device, in messages.
    address
        Where it is.
    deadline
        Seconds in which it takes what is sent, and again seconds in which it answers.
    lease_wait
        Seconds to wait for another session that uses it.
    faults
        What goes wrong on purpose.
    """

    def __init__(
        self,
        name: str,
        address: Address,
        deadline: float,
        lease_wait: float = 0.0,
        faults: Sequence[LineFault] = (),
    ):
        self.name, self.address, self.deadline, self.lease_wait = name, address, deadline, lease_wait
        self._open_line = FaultyLines(faults, address.open).open if faults else address.open
        self._shared: Board | None = None
        self._users = self._kept = 0
        self._lease: Lease | None = None

    def open(self) -> Board:
        """Return a board that has said what it is; whoever has done with it gives it to `close`.

        Raises
        ------
        BackendUnavailable
            If something that the link needs is not installed.
        BackendError
            If the board cannot be reached, speaks another version of the protocol, or is in use elsewhere.
        """
        if self.address.exclusive is None:
            return self._opened()
        if self._shared is None or self._shared.calls.has_failed:
            self._hang_up()
            if self._lease is None:
                self._lease = Lease(self.address.exclusive, self.name, self.lease_wait)
            try:
                self._shared = self._opened()
            except BaseException:
                self._release()
                raise
        self._users += 1
        return self._shared

    def close(self, board: Board) -> None:
        """Hang up, unless others still use this board."""
        if board is not self._shared:
            board.calls.close()
            return
        self._users -= 1
        if not self._users:
            self._hang_up()
            self._release()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Within the context nobody else gets the board, if it is in use, though its last session opens it anew."""
        self._kept += 1
        try:
            yield
        finally:
            self._kept -= 1
            self._release()

    def _opened(self) -> Board:
        caller = Caller(self._open_line(time.monotonic() + self.deadline), self.deadline)
        try:
            return Board(caller, caller.hello())
        except BaseException:
            caller.close()
            raise

    def _hang_up(self) -> None:
        if self._shared is not None:
            self._shared.calls.close()
        self._shared, self._users = None, 0

    def _release(self) -> None:
        """Let others use the board, if nobody does here."""
        if self._lease is not None and not (self._users or self._kept):
            self._lease.release()
            self._lease = None
