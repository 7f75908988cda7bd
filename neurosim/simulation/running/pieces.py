"""A simulation in pieces that take about a second each, so that its progress can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurosim.backend.contract import Progress, Session
from neurosim.backend.sessions.pieces import Pieces, keeps_state
from neurosim.simulation.recordings.joined import joined
from neurosim.simulation.recordings.recording import Recording

if TYPE_CHECKING:
    from neurosim.simulation.running.experiment import Experiment

SECONDS = 1.0


def in_pieces(experiment: Experiment, session: Session, first: int, stop: int, progress: Progress) -> Recording:
    """Run steps first to stop - 1, and tell the steps of the simulation that are done, and of how many.

    A backend that keeps no state runs them as one.
    """
    align = experiment.samples_align
    pieces = Pieces(experiment.program, SECONDS)
    is_cut = first > 0 or keeps_state(session, experiment.program)
    done, found = first, list[Recording]()
    progress(done, experiment.steps)
    while done < stop or not found:
        length = pieces.stop(done, stop) - done if is_cut else stop - done
        end = min(done + max(length // align, 1) * align, stop)
        found.append(experiment.run(session, done, end))
        pieces.took(end - done, found[-1].wall)
        done = end
        progress(done, experiment.steps)
    return joined(found)
