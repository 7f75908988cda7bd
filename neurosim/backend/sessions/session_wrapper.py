"""A session around another one: it does what that one does, but for what a subclass changes."""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.backend.contract import Progress, Records, Session
from neurosim.program.schedule import Array, Trials


class SessionWrapper(Session):
    """Passes every call on; a subclass overrides those that it changes.

    Parameters
    ----------
    session
        The session inside, which is closed together with this one.
    """

    def __init__(self, session: Session):
        self.session = session

    def write(self, learned: Mapping[str, Array]) -> None:
        """Write to the session inside."""
        self.session.write(learned)

    def run(
        self,
        trials: Trials,
        *,
        constants: Mapping[str, float] | None = None,
        learn: bool = True,
        progress: Progress | None = None,
        keep_state: bool = False,
        ends: bool = True,
    ) -> Records:
        """Run the session inside."""
        return self.session.run(
            trials, constants=constants, learn=learn, progress=progress, keep_state=keep_state, ends=ends
        )

    def read(self) -> dict[str, Array]:
        """Read from the session inside."""
        return self.session.read()

    def write_state(self, state: Mapping[str, Array]) -> None:
        """Write to the session inside."""
        self.session.write_state(state)

    def read_state(self) -> dict[str, Array]:
        """Read from the session inside."""
        return self.session.read_state()

    def close(self) -> None:
        """Close the session inside."""
        self.session.close()
