"""A board as a backend: it runs programs in fixed point, and its host learns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import neurosim
from neurosim.backend.contract import Backend, Capabilities, Session, refuse_unsupported
from neurosim.backend.sessions.equipment import Limits
from neurosim.device.board.boards import Boards
from neurosim.device.board.link.address import address
from neurosim.device.board.link.faults import LineFault
from neurosim.device.board.link.hello import VERSION, DeviceIdentity
from neurosim.device.board.session import BoardSession
from neurosim.device.board.support import refuse_inexact, refuse_too_large
from neurosim.device.host_learning import HostLearningSession, Patience
from neurosim.device.host_learning.loop import Loop, refuse_within
from neurosim.device.host_learning.where import Loops
from neurosim.edges.values import number
from neurosim.errors import ModelError
from neurosim.program.features import Feature
from neurosim.program.precision.formats import MANTISSA_BITS
from neurosim.program.program import Program

MODE = "integer"
UNKNOWN = "unknown"
"""The kind of a board that has not said yet what it is; its sessions tell."""

FEATURES = frozenset(
    {
        Feature.CONSTANT_STIMULUS,
        Feature.STEPPED_STIMULUS,
        Feature.EVENT_STIMULUS,
        Feature.STEP_PROBE,
        Feature.END_PROBE,
        Feature.SOME_RECORDED,
        Feature.SEVERAL_PORTS,
        Feature.OUTPUT_EXPRESSION,
        Feature.RECIPROCAL_PROJECTION,
        Feature.WEIGHT_EXPRESSION,
        Feature.DELAY,
        Feature.SPARSE_PROJECTION,
        Feature.FIXED_PARAMETERS,
    }
)


def at(
    link: str,
    *,
    name: str = "board",
    deadline: float = 5.0,
    loop: Loop | Mapping[str, Loop] | None = None,
    retries: int = 3,
    latency_budget_ms: float | None = None,
    over_budget: str = "warn",
) -> BoardBackend:
    """Return the device at the end of a link, as a backend; it is asked when something is compiled for it.

    Parameters
    ----------
    link
        ``process``, ``pty``, ``serial:PATH?baud=N``, ``tcp:HOST:PORT`` or ``qemu``.
    name
        What it is called in results.
    deadline
        Seconds in which it takes what is sent, and again seconds in which it answers.
    loop
        How much it runs between two times that the host learns: ``"trial"`` (the default), ``"phase"``, or a number of
        steps; by the mode of the network where they differ.
    retries, latency_budget_ms, over_budget
        Those of `Patience`, for calls of the host.

    Raises
    ------
    InputError
        For a link that is none.
    ModelError
        For another value that is none.

    Examples
    --------
    >>> import neurosim as ns
    >>> ns.device.at("serial:/dev/ttyACM0?baud=2000000")
    <board, a board at serial:/dev/ttyACM0?baud=2000000>
    """
    patience = Patience(retries, None, latency_budget_ms, over_budget)
    return BoardBackend(name, link, deadline=deadline, loop=loop, patience=patience)


class BoardBackend(Backend):
    """A board at the end of a link.

    Parameters
    ----------
    name
        What it is called in results.
    link
        Where it is: ``process``, ``pty``, ``serial:PATH``, ``tcp:HOST:PORT`` or ``qemu``.
    deadline
        Seconds in which it takes what is sent, and again seconds in which it answers.
    loop
        How much it runs between two times that the host learns, as of `mock`.
    patience
        With calls that fail or take long.
    lease_wait
        Seconds to wait for another session that uses the board.
    faults
        What goes wrong on its line on purpose.

    Raises
    ------
    ModelError
        For a deadline or a loop that is none.
    InputError
        For a link that is none.
    """

    def __init__(
        self,
        name: str,
        link: str,
        *,
        deadline: float = 5.0,
        loop: Loop | Mapping[str, Loop] | None = None,
        patience: Patience | None = None,
        lease_wait: float = 0.0,
        faults: Sequence[LineFault] = (),
    ):
        self.name, self.link = name, link
        self.address = address(link, f"{name} ({link})")
        self.deadline = number(deadline, f"device {name}: deadline =", error=ModelError)
        if not self.deadline > 0:
            raise ModelError(f"device {name}: deadline = {deadline:g}; expected more than 0")
        self.boards = Boards(name, self.address, self.deadline, lease_wait, faults)
        self.loops = Loops("host", loop, True, f"device {name}")
        self.patience = patience or Patience(retries=3)
        self.mode = MODE
        self._identity: DeviceIdentity | None = None

    def capabilities(self) -> Capabilities:
        """What is known of it before it is asked: one mode, whole numbers, and rules on the host."""
        note = f"a board at {self.link}, which tells itself what it is{self.loops.note()}"
        return Capabilities(
            (MODE,),
            {MODE: self.loops.features(FEATURES)},
            UNKNOWN,
            {MODE: note},
            limits=Limits(bits=MANTISSA_BITS),
            loop=("trial", "phase", "steps"),
            learns=False,
            exclusive=self.address.exclusive is not None,
        )

    def versions(self) -> dict[str, str]:
        """What the board says of itself; it is asked, unless it was before.

        Raises
        ------
        BackendError
            If it cannot be reached.
        """
        if self._identity is None:
            asked = self.boards.open()
            self._identity = asked.identity
            self.boards.close(asked)
        serial = f", {self._identity.serial}" if self._identity.serial else ""
        board = f"{self._identity.name}{serial} ({self._identity.kind})"
        return {"neurosim": neurosim.__version__, f"device.{self.name}": board, "protocol": str(VERSION)}

    def compile(self, program: Program, *, mode: str = "default") -> Session:
        """Open a session; the host learns, as the board does not.

        Raises
        ------
        ModelError
            For a program that is not in fixed point.
        UnsupportedFeature
            For what whole numbers cannot compute, what does not fit the board, and rules that fire within a call.
        BackendError
            If the board cannot be reached.
        """
        loop, where = self.loops.of(program.mode), f"{self.name}:{MODE}"
        refuse_within(program, loop, where)
        refuse_unsupported(program, self.capabilities(), self.name, MODE)
        patience, kept = self.patience, self.boards.kept
        return HostLearningSession(program, self._session, loop=loop, name=where, patience=patience, kept=kept)

    def _session(self, program: Program) -> BoardSession:
        image = refuse_inexact(program, f"{self.name}:{MODE}")
        board = self.boards.open()
        try:
            self._identity = board.identity
            refuse_too_large(image, board.identity.limits, self.name)
            told = replace(self.capabilities(), kind=board.identity.kind)
            return BoardSession(program, self, MODE, board, self.boards.close, told)
        except BaseException:
            self.boards.close(board)
            raise

    def __repr__(self) -> str:
        return f"<{self.name}, a board at {self.link}>"
