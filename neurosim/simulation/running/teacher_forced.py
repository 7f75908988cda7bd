"""A simulation in segments, each of which starts from the state and the weights of the reference.

In float64 a difference in one last bit grows until spikes differ, though both backends are right. Segments begin equal.
"""

from __future__ import annotations

from neurosim.backend.registry import load, opener
from neurosim.results.agreement.teacher_forced import Segment, TeacherForcedSession
from neurosim.simulation.running.experiment import RUN, Experiment

LENGTH = 1000
"""Steps of a segment, where nobody says how many."""


def segments(experiment: Experiment, backend: str, steps: int) -> list[Segment]:
    """Return how far a backend is from the reference at the end of each segment.

    Parameters
    ----------
    steps
        Of a segment, at least 1.
    """
    found, mode = load(backend, experiment.workers)
    reference, numpy = load("reference")
    log: list[Segment] = []
    program, trials = experiment.program, experiment.trials
    teacher, moved = (opener(reference, numpy)(program) for _ in range(2))
    with TeacherForcedSession(program, teacher, moved, opener(found, mode)(program), log) as session:
        session.write(experiment.weights)
        for first in range(0, experiment.steps, steps):
            stop = min(first + steps, experiment.steps)
            session.run(
                trials.between(first, stop),
                constants={f"steps.{RUN}": stop - first},
                keep_state=first > 0,
                ends=stop == experiment.steps,
            )
    return log
