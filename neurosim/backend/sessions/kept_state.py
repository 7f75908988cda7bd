"""The state that a session keeps from one run to the next, on this side of whatever simulates."""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.backend.contract import Backend, Session
from neurosim.edges.values import truth
from neurosim.errors import InputError, UnsupportedFeature
from neurosim.program.program import Program
from neurosim.program.schedule import Array
from neurosim.program.trial.state import check_state, to_go_on_from


class StatefulSession(Session):
    """A session that has the state of its last run at hand.

    Attributes
    ----------
    program : Program
        What it runs.
    backend, mode : Backend, str
        The backend that made it, and one of its modes.
    keeps_state : bool
        Whether runs can go on from a state, and leave one. Without it runs that are to go on are refused.
    state : dict of str to ndarray, optional
        The state that the last run left, or `write_state` gave; None after a run of several trials.
    closed : bool
        Whether `close` was called: it runs no more.
    """

    program: Program
    backend: Backend
    mode: str
    keeps_state: bool = False
    state: dict[str, Array] | None
    closed: bool = False

    def write_state(self, state: Mapping[str, Array]) -> None:
        """Set the state that a run with `keep_state` goes on from.

        Parameters
        ----------
        state : mapping of str to ndarray
            All that `read_state` gives; copied.

        Raises
        ------
        InputError
            For a name that is unknown or missing, a wrong shape, or a value that the variable cannot have.
        UnsupportedFeature
            If the mode keeps no state.
        """
        self._check_keeps_state()
        self.state = check_state(self.program, state)

    def read_state(self) -> dict[str, Array]:
        """The state that the last run left; before any, that of a trial's start.

        Returns
        -------
        dict of str to ndarray
            Copies of all of it, by name; float64 of shape (units,).

        Raises
        ------
        InputError
            After a run of several trials, which leave none.
        UnsupportedFeature
            If the mode keeps no state.
        """
        self._check_keeps_state()
        return {n: a.copy() for n, a in to_go_on_from(self.state).items()}

    def close(self) -> None:
        """Release what the session holds, which for most backends is nothing; it cannot run any more."""
        self.closed = True

    def _start_of(self, keep_state: bool, ends: bool) -> dict[str, Array] | None:
        """The state that a run starts with, where it goes on."""
        if self.closed:
            raise InputError(f"backend {self.backend.name}:{self.mode}: the session is closed; open another one")
        if truth(keep_state, "keep_state =") or not truth(ends, "ends ="):
            self._check_keeps_state()
        return to_go_on_from(self.state) if keep_state else None

    def _check_keeps_state(self) -> None:
        if not self.keeps_state:
            raise UnsupportedFeature("kept state", f"{self.backend.name}:{self.mode}", ["reference"])
