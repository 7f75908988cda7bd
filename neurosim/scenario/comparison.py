"""One scenario on several backends, each compared with the reference."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from neurosim.backend.contract import Backend
from neurosim.program.program import Program
from neurosim.results.compare import agreement, tier
from neurosim.results.report import Comparison
from neurosim.results.segments import Segment, TeacherForcedSession
from neurosim.scenario import engine
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.events import Listener
from neurosim.scenario.spec import Scenario

Chosen = tuple[Backend, str]
"""A backend and one of its modes."""


def compare_backends(
    scenario: Scenario,
    chosen: Sequence[Chosen],
    seed: int,
    in_segments: bool,
    watch: Callable[[str], AbstractContextManager[Listener]],
    data: Dataset | None = None,
) -> list[Comparison]:
    """Run the scenario on each backend; the first is the reference that the others are compared with.

    Parameters
    ----------
    in_segments
        Also run it teacher-forced (`TeacherForcedSession`). A backend is so run in any case if the scenario demands
        tier T1 and the free run alone does not show it.
    watch
        Gives a listener for what runs, which it is told in words.
    data
        Of the scenario; loaded where it is not given.
    """
    data, name = data or engine.load_data(scenario), scenario.scenario.name
    results = []
    for backend, mode in chosen:
        with watch(f"{name} on {backend.name}:{mode}") as listener:
            compile_ = functools.partial(backend.compile, mode=mode)
            results.append(engine.run(scenario, compile_, seed, listener=listener, data=data))
    rows = []
    for (backend, mode), result in zip(chosen, results, strict=True):
        segments = None
        free = agreement(results[0], result)
        unsettled = scenario.scenario.tier == "T1" and tier(free) == "none"
        if (in_segments or unsettled) and backend is not chosen[0][0]:
            with watch(f"{name} on {backend.name}:{mode}, teacher-forced") as listener:
                segments = tuple(forced_segments(scenario, chosen[0], (backend, mode), seed, listener, data))
        ratio = result.samples_per_s / results[0].samples_per_s
        rows.append(Comparison(result, free, tier(free, segments), ratio, segments))
    return rows


def forced_segments(
    scenario: Scenario,
    reference: Chosen,
    pupil: Chosen,
    seed: int = 0,
    listener: Listener | None = None,
    data: Dataset | None = None,
) -> list[Segment]:
    """The segments of a scenario in which a backend starts each time from the reference's learned arrays."""
    log: list[Segment] = []

    def open_session(program: Program) -> TeacherForcedSession:
        teacher, moved = (reference[0].compile(program, mode=reference[1]) for _ in range(2))
        return TeacherForcedSession(program, teacher, moved, pupil[0].compile(program, mode=pupil[1]), log)

    engine.run(scenario, open_session, seed, listener=listener, data=data)
    return log
