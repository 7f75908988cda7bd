"""What a network would send over the line of a board, and get back; the board is not asked, and need not be there.

What changes of weights is not known before they are learned. So there are two figures: the least, if none changes after
it was first written, and the most, if each is written anew whenever a rule may have changed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from neurosim.backend.contract import refuse_unsupported
from neurosim.device.board.backend import MODE, BoardBackend
from neurosim.device.board.board import FIRST_STEPS, MOST_STEPS
from neurosim.device.board.calls import HEAD_OF_ANSWER, head_of, steps_that_fit
from neurosim.device.board.link.hello import IDENTITY_BYTES
from neurosim.device.board.link.lines.terminal import SerialPort
from neurosim.device.board.probing.amount import Amount, in_chunks, request, total
from neurosim.device.board.support import refuse_inexact
from neurosim.device.board.trials import Sizes, sizes
from neurosim.device.board.words.image import Image
from neurosim.device.host_learning.loop import is_in_pieces, pieces_of, refuse_within, run_by_device
from neurosim.device.host_learning.reads import of_a_device
from neurosim.program.constants import length_of
from neurosim.program.program import Program
from neurosim.program.run import Run
from neurosim.program.trial.state import start_state

BUFFER_BYTES = 65_536
"""Of a board that nobody has asked."""

SECONDS_OF_REQUEST = 0.001
"""From a request without a payload to its answer, of such a board."""


@dataclass(frozen=True)
class PlannedRun:
    """Trials that are run in one go.

    Attributes
    ----------
    name
        What for: ``"train"``, ``"sleep"``, ``"test"`` or ``"simulate"``.
    mode
        Of the network.
    trials
        How many.
    lengths
        Steps of each phase.
    learns
        Whether rules fire, if there are any.
    """

    name: str
    mode: str
    trials: int
    lengths: tuple[int, ...]
    learns: bool


@dataclass(frozen=True)
class LeastAndMost:
    """What goes over a line if no weight changes after it was first written, and if all do whenever they may."""

    least: Amount
    most: Amount

    def __add__(self, other: LeastAndMost) -> LeastAndMost:
        """Both."""
        return LeastAndMost(self.least + other.least, self.most + other.most)


class ProgramOnLine:
    """A program of a network as requests to a board.

    Parameters
    ----------
    program
        With its rules, which the host executes.
    backend
        The board, which is not asked.
    buffer_bytes
        Of its largest request and answer.

    Attributes
    ----------
    sizes
        How much there is of what boards have limits for.

    Raises
    ------
    ModelError
        For a program that is not in fixed point.
    UnsupportedFeature
        For what a board cannot run, or not in its loop.
    """

    def __init__(self, program: Program, backend: BoardBackend, buffer_bytes: int = BUFFER_BYTES):
        self.program, self.buffer_bytes, self.name = program, buffer_bytes, backend.name
        self.loop = backend.loops.of(program.mode)
        self.where = f"{self.name}:{MODE}"
        refuse_within(program, self.loop, self.where)
        refuse_unsupported(program, backend.capabilities(), self.name, MODE)
        self.on_board = run_by_device(program, self.loop)
        self.image = refuse_inexact(self.on_board, self.where)
        self.sizes = self.image.sizes
        self._known: dict[tuple[tuple[int, ...], bool], Sizes] = {}

    @cached_property
    def load(self) -> Amount:
        """The program."""
        return in_chunks(self.sizes["words"], 4, self.buffer_bytes)

    @cached_property
    def matrices(self) -> Amount:
        """All mantissas of all matrices."""
        return self._written(m.name for m in self.program.matrices)

    @cached_property
    def numbers(self) -> Amount:
        """What neurons learn, and their constants that differ from neuron to neuron."""
        return total(
            self._set(g.name, [*(v for v, _ in g.learned), *self.image.slots[g.name].set_once])
            for g in self.program.groups
        )

    @cached_property
    def state(self) -> Amount:
        """The state that a trial leaves, as it is read."""
        return total(request(8, 4 * values.size) for values in start_state(self.on_board).values())

    @property
    def first(self) -> Amount:
        """All that a board gets before it runs anything."""
        return self.load + self.matrices + self.numbers

    def trial(self, lengths: Sequence[int] | None = None) -> Amount:
        """Return the calls of one trial that learns, without what is written and which states are read between them."""
        return total(self._calls(1, *call) for call in self._calls_of_trial(lengths or self.program.lengths))

    def read_for_the_host(self) -> int:
        """Return the bytes of a trial that are read for the rules alone."""
        own = of_a_device(self.program, (), is_in_pieces(self.program, self.loop))
        lengths = self.program.lengths
        both = (sizes(image, _run(image, lengths, True)) for image in (self.image, refuse_inexact(own, self.where)))
        read, wanted = (each.read_at_ends + sum(lengths) * each.read_in_step for each in both)
        return read - wanted

    def of(self, run: PlannedRun) -> LeastAndMost:
        """Return what a run sends and gets, once the program is there."""
        if not run.learns or not self.program.rules:
            once = self._calls(run.trials, run.lengths, True) + (self.state if run.trials == 1 else Amount())
            return LeastAndMost(once, once + self.matrices + self.numbers)
        calls = self._calls_of_trial(run.lengths)
        reads = len(calls) if run.trials == 1 else len(calls) - 1
        least = (self.trial(run.lengths) + self.state * reads) * run.trials
        changed = total(self._changed(*call) for call in calls) * run.trials
        return LeastAndMost(least, least + self.matrices + self.numbers + changed)

    def _changed(self, lengths: tuple[int, ...], ends: bool) -> Amount:
        """Return what rules may change that fire in a call or after it."""
        run = _run(self.image, lengths, ends)
        owners = {r.owner for r in self.program.rules if r.when != "end" or run.ends_phase(r.phase)}
        groups = [g for g in self.program.groups if g.name in owners]
        numbers = total(self._set(g.name, [v for v, _ in g.learned]) for g in groups)
        return self._written(m.name for m in self.program.matrices if m.name in owners) + numbers

    def _calls_of_trial(self, lengths: Sequence[int]) -> list[tuple[tuple[int, ...], bool]]:
        """Return, for each call of a trial that learns, the steps of each phase, and whether the last of them ends."""
        names = [str(length_of(p.name)) for p in self.program.phases]
        loop = self.loop if is_in_pieces(self.program, self.loop) else "trial"
        pieces = pieces_of(loop, self.program, lengths)
        return [(tuple(int(piece.constants[name]) for name in names), piece.ends) for piece in pieces]

    def more_at_first(self, run: PlannedRun) -> Amount:
        """Return what a run takes more on a board that gets few steps, as nobody knows yet how fast it is."""
        call = (run.trials, run.lengths, True)
        if run.learns and self.program.rules:
            call = (1, *self._calls_of_trial(run.lengths)[0])
        trials, lengths, ends = call
        steps = max(sum(lengths), 1)
        first = min(max(FIRST_STEPS // steps, 1), trials)
        rest = self._calls(trials - first, lengths, ends) if trials > first else Amount()
        return self._calls(first, lengths, ends, min(FIRST_STEPS, steps)) + rest - self._calls(*call)

    def _calls(self, trials: int, lengths: tuple[int, ...], ends: bool, most: int = MOST_STEPS) -> Amount:
        """Return the calls of trials, as many trials in one as the buffer holds, or at most so many steps of one."""
        of_trial, steps, head = self._sizes(lengths, ends), sum(lengths), head_of(lengths)
        room = self.buffer_bytes - head, self.buffer_bytes - HEAD_OF_ANSWER
        at_once = min(of_trial.trials_within(*room, steps), trials) if steps <= most else 0
        if at_once:
            calls, again = -(-trials // at_once), 0
        else:
            fitting = min(steps_that_fit(of_trial, room, self.name), most)
            calls = -(-steps // fitting) * trials
            again = (calls - trials) * of_trial.shown_once
        shown = trials * (of_trial.shown_once + steps * of_trial.shown_in_step) + again
        read = trials * (of_trial.read_at_ends + steps * of_trial.read_in_step)
        heads = request(head, HEAD_OF_ANSWER) * calls
        return Amount(calls, calls, heads.up + shown, heads.down + read)

    def _sizes(self, lengths: tuple[int, ...], ends: bool) -> Sizes:
        key = lengths, ends
        if key not in self._known:
            self._known[key] = sizes(self.image, _run(self.image, lengths, ends))
        return self._known[key]

    def _written(self, names: Iterable[str]) -> Amount:
        pairs = (self.program.matrix(name) for name in names)
        counts = (self.program.group(m.pre).size * self.program.group(m.post).size for m in pairs)
        return total(in_chunks(count, 2, self.buffer_bytes) for count in counts)

    def _set(self, group: str, names: Sequence[str]) -> Amount:
        return request(8 + 4 * self.program.group(group).size) * len(names)


@dataclass(frozen=True)
class DryRun:
    """What a network would send and get.

    Attributes
    ----------
    programs
        By the mode of the network.
    runs
        What is run, in its order, and what that sends and gets.
    buffer_bytes, seconds_of_request
        What is assumed of the board.
    baud
        Bits in a second of its line, if it is a serial line.
    """

    programs: Mapping[str, ProgramOnLine]
    runs: Sequence[tuple[PlannedRun, LeastAndMost]]
    buffer_bytes: int
    seconds_of_request: float
    baud: int | None

    def seconds(self, amount: Amount) -> float:
        """Return what the line takes for it; what the board takes to run is not known."""
        return amount.seconds(self.baud, self.seconds_of_request)


def dry_run(
    backend: BoardBackend,
    programs: Mapping[str, Program],
    runs: Iterable[PlannedRun],
    buffer_bytes: int = BUFFER_BYTES,
    seconds_of_request: float = SECONDS_OF_REQUEST,
) -> DryRun:
    """Compute what a network would send to a board and get back.

    Parameters
    ----------
    programs
        Of the network, by its modes.
    runs
        What is run, in its order.
    buffer_bytes, seconds_of_request
        What is assumed of the board.

    Raises
    ------
    ModelError
        For a program that is not in fixed point.
    UnsupportedFeature
        For what no board can run, or not in its loop, or not with such a buffer.
    """
    on_line = {mode: ProgramOnLine(program, backend, buffer_bytes) for mode, program in programs.items()}
    shares, there, found = backend.address.exclusive is not None, set[str](), list[tuple[PlannedRun, LeastAndMost]]()
    for run in runs:
        program = on_line[run.mode]
        amount = program.of(run)
        if run.mode not in there:
            is_known = shares and bool(there)
            opened = Amount() if is_known else request(8, IDENTITY_BYTES) + program.more_at_first(run)
            amount += LeastAndMost(opened + program.first, opened + program.load)
            there = {run.mode} if shares else there | {run.mode}
        found.append((run, amount))
    baud = backend.address.baud if isinstance(backend.address, SerialPort) else None
    return DryRun(on_line, found, buffer_bytes, seconds_of_request, baud)


def _run(image: Image, lengths: Sequence[int], ends: bool) -> Run:
    """Return the run of an image with these lengths of phases."""
    phases = (length_of(p.name) for p in image.program.phases)
    constants = {**image.run.constants, **dict(zip(phases, map(float, lengths), strict=True))}
    return replace(image.run, constants=constants, ends=ends)
