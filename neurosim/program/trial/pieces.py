"""A trial cut into pieces, which runs go through one after another with `keep_state`.

for k, piece in enumerate(pieces({"free": 20, "nudged": 4}, at=[7, 20])):
    session.run(piece.of(trials), constants=piece.constants, keep_state=k > 0, ends=piece.ends)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise

from neurosim.errors import InputError
from neurosim.program.constants import length_of
from neurosim.program.schedule import Trials


@dataclass(frozen=True)
class Piece:
    """Steps of a trial from `first` to `stop` - 1.

    Attributes
    ----------
    constants
        The lengths of all phases in this piece, as run arguments: 0 of those that are not in it.
    ends
        Whether the last phase in it ends with it.
    """

    first: int
    stop: int
    constants: Mapping[str, float]
    ends: bool

    def of(self, trials: Trials) -> Trials:
        """Return the trials with the stimuli of the steps of this piece alone."""
        return trials.between(self.first, self.stop)


def pieces(lengths: Mapping[str, int], at: Iterable[int]) -> list[Piece]:
    """Return the pieces of a trial that is cut before each of some steps.

    Parameters
    ----------
    lengths
        Steps of each phase by its name, in the order of the schedule.
    at
        Steps, ascending, from 1 to the last of the trial.

    Raises
    ------
    InputError
        For steps in another order, or outside of the trial.
    """
    stops = [0, *accumulate(lengths.values())]
    cuts = [0, *at, stops[-1]]
    if any(first >= stop for first, stop in pairwise(cuts)):
        raise InputError(f"a trial of {stops[-1]} steps cut at {cuts[1:-1]}; expected ascending steps within it")
    return [_piece(first, stop, lengths, stops) for first, stop in pairwise(cuts)]


def _piece(first: int, stop: int, lengths: Mapping[str, int], stops: list[int]) -> Piece:
    inside = [max(0, min(stop, end) - max(first, start)) for start, end in pairwise(stops)]
    constants = {str(length_of(p)): float(n) for p, n in zip(lengths, inside, strict=True)}
    return Piece(first, stop, constants, ends=stop in stops)
