"""What of a run goes into one call of a board: several trials, or of a trial that is too long some steps.

A buffer has room for so much, and a deadline for so many steps: a board that is slow gets fewer of them in a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from neurosim.device.board.trials import Sizes
from neurosim.errors import UnsupportedFeature
from neurosim.program.constants import length_of
from neurosim.program.run import Run
from neurosim.program.trial.pieces import pieces

GOES_ON, IS_OPEN = 1, 2
HEAD_OF_ANSWER = 16


@dataclass(frozen=True)
class OneCall:
    """Some trials of a run, or some steps of one, and the flags that say so."""

    run: Run
    flags: int

    @property
    def ends_trials(self) -> bool:
        """Whether no other call goes on within its trial."""
        return not self.flags & IS_OPEN


def calls_of(
    run: Run, of_trial: Sizes, buffer_bytes: int, steps_at_once: Callable[[], int], name: str
) -> Iterator[OneCall]:
    """Yield the calls of a run.

    Parameters
    ----------
    of_trial
        Its bytes.
    buffer_bytes
        Of the largest request and answer.
    steps_at_once
        Says before each trial how many steps a call may have.
    name
        Of the board, in messages.

    Raises
    ------
    UnsupportedFeature
        For one of which not even a step fits the buffer.
    """
    room = buffer_bytes - head_of(run.lengths), buffer_bytes - HEAD_OF_ANSWER
    flags = GOES_ON * (run.state is not None) | IS_OPEN * (not run.ends)
    first = 0
    while first < run.count:
        steps = steps_at_once()
        trials = min(of_trial.trials_within(*room, run.steps), steps // max(run.steps, 1), run.count - first)
        if trials:
            yield OneCall(run.part(first, first + trials), flags)
        else:
            trials, fitting = 1, steps_that_fit(of_trial, room, name)
            yield from _pieces(run.part(first, first + 1), max(min(fitting, steps), 1))
        first += trials


def head_of(lengths: Sequence[int]) -> int:
    """Return the bytes of a request to run that come before what it shows."""
    return 8 + 4 * len(lengths)


def steps_that_fit(of_trial: Sizes, room: tuple[int, int], name: str) -> int:
    """Return how many steps of a trial one call has room for: bytes to show, and bytes to read.

    Raises
    ------
    UnsupportedFeature
        If there is not even one.
    """
    steps = of_trial.steps_within(*room)
    if not steps:
        what = f"a step of {of_trial.shown_once + of_trial.shown_in_step} bytes of stimuli"
        raise UnsupportedFeature(f"{what} and {of_trial.read_in_step} of readings", name)
    return steps


def _pieces(run: Run, steps: int) -> Iterator[OneCall]:
    """Yield the calls of one trial, of at most so many steps each."""
    lengths = {p.name: n for p, n in zip(run.program.phases, run.lengths, strict=True)}
    for piece in pieces(lengths, range(steps, run.steps, steps)):
        of_piece = {length_of(p): piece.constants[str(length_of(p))] for p in lengths}
        ends = piece.ends and (run.ends or piece.stop < run.steps)
        part = replace(
            run,
            rows={name: rows.between(piece.first, piece.stop) for name, rows in run.rows.items()},
            constants={**run.constants, **of_piece},
            ends=ends,
        )
        yield OneCall(part, GOES_ON * (run.state is not None or piece.first > 0) | IS_OPEN * (not ends))
