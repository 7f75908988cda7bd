"""One scenario on several backends, each compared with the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from neurosim.backend import registry
from neurosim.backend.contract import Backend
from neurosim.program.program import Program
from neurosim.results.agreement.comparison import Comparison
from neurosim.results.agreement.teacher_forced import Segment, TeacherForcedSession
from neurosim.results.agreement.tiers import agreement, tier
from neurosim.results.result import Result
from neurosim.scenario import engine
from neurosim.scenario.listeners.events import Listener
from neurosim.scenario.preparation import Prepared
from neurosim.scenario.runs.submit.parallel import Job
from neurosim.scenario.schema import Scenario

Chosen = tuple[Backend, str]
"""A backend and one of its modes."""

Work = Callable[[Sequence[Job[Any]]], list[Any]]
"""Runs jobs and gives their outcomes, in their order."""

FreeRun = Callable[[Prepared, int, Chosen, Listener], Result]
"""Runs a scenario with a seed on a backend."""


def free_run(prepared: Prepared, seed: int, chosen: Chosen, listener: Listener) -> Result:
    """Run a scenario and keep nothing.

    Raises
    ------
    NeurosimError
        If the backend fails.
    """
    return engine.run_prepared(prepared, registry.opener(*chosen), seed, listener=listener)


def compare_backends(
    prepared: Prepared,
    chosen: Sequence[Chosen],
    seeds: Sequence[int],
    in_segments: bool,
    work: Work,
    free: FreeRun = free_run,
) -> list[list[Comparison]]:
    """Run the scenario on each backend with each seed; the rows of each seed.

    The first backend is the reference that the others are compared with.

    Parameters
    ----------
    in_segments
        Also run it teacher-forced (`TeacherForcedSession`). A backend is so run in any case if the scenario demands
        tier T1 and the free run alone does not show it.
    work
        Gives the outcomes of jobs, which it runs one after another or side by side.
    free
        Gives the result of a run that is not teacher-forced.

    Raises
    ------
    NeurosimError
        If a backend fails.
    """
    scenario = prepared.scenario
    runs = [(seed, k) for seed in seeds for k in range(len(chosen))]

    def done(pairs: Sequence[tuple[int, int]], how: str, run: Callable[..., Any]) -> dict[tuple[int, int], Any]:
        jobs = [Job(_name(scenario, s, chosen[k]) + how, partial(run, prepared, s, chosen[k])) for s, k in pairs]
        return dict(zip(pairs, work(jobs), strict=True))

    results: dict[tuple[int, int], Result] = done(runs, "", free)
    agreements = {(seed, k): agreement(results[seed, 0], results[seed, k]) for seed, k in runs}
    demands_t1 = scenario.scenario.tier == "T1"
    unsettled = [run for run in runs if in_segments or (demands_t1 and tier(agreements[run]) == "none")]
    pupils = [(seed, k) for seed, k in unsettled if chosen[k][0] is not chosen[0][0]]
    segments = done(pupils, ", teacher-forced", partial(_forced, chosen[0]))

    def row(seed: int, k: int) -> Comparison:
        result, agreed, teacher_forced = results[seed, k], agreements[seed, k], segments.get((seed, k))
        return Comparison(
            result, agreed, tier(agreed, teacher_forced), _ratio(result, results[seed, 0]), teacher_forced
        )

    return [[row(seed, k) for k in range(len(chosen))] for seed in seeds]


def _ratio(result: Result, reference: Result) -> float:
    """The ratio of two speeds; 0 if nothing was trained, for then no speed was measured."""
    return result.samples_per_s / reference.samples_per_s if reference.samples_per_s else 0.0


def _name(scenario: Scenario, seed: int, chosen: Chosen) -> str:
    return f"{scenario.scenario.name} on {chosen[0].name}:{chosen[1]}, seed {seed}"


def _forced(reference: Chosen, prepared: Prepared, seed: int, pupil: Chosen, listener: Listener) -> tuple[Segment, ...]:
    return tuple(forced_segments(prepared, reference, pupil, seed, listener))


def forced_segments(
    prepared: Prepared, reference: Chosen, pupil: Chosen, seed: int = 0, listener: Listener | None = None
) -> list[Segment]:
    """The segments of a scenario in which a backend starts each time from the reference's learned arrays.

    Raises
    ------
    NeurosimError
        If one of the two backends fails.
    """
    log: list[Segment] = []

    def open_session(program: Program) -> TeacherForcedSession:
        teacher, moved = (registry.opener(*reference)(program) for _ in range(2))
        return TeacherForcedSession(program, teacher, moved, registry.opener(*pupil)(program), log)

    engine.run_prepared(prepared, open_session, seed, listener=listener)
    return log
