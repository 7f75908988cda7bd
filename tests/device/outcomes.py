"""Runs of small cases on devices, and what they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

import neurosim as ns
from neurosim.backend.contract import Backend, Records
from neurosim.program.precision import Grid, Precision
from neurosim.program.program import Program
from neurosim.program.schedule import Array, Events
from neurosim.testing.cases.small import Case
from neurosim.testing.targets import case_named

Left = tuple[Records, Mapping[str, Array]]

REFERENCE = ns.load("reference")[0]


def left(backend: Backend, case: Case, program: Program, part: str = "") -> Left:
    """The records of a case, and what is learned."""
    with backend.compile(program) as session:
        session.write(case.learned_for(program))
        trials = replace(case.trials, phase=part)
        return session.run(trials, constants=case.constants, learn=case.learn), session.read()


def outcome(backend: Backend, name: str, precision: Precision | None = None, length: float = 0.1) -> Left:
    case = case_named(name, length)
    return left(backend, case, case.program(precision or Grid()))


def assert_same(found: Left, expected: Left) -> None:
    """Every bit of what is learned and recorded, and every count."""
    assert list(found[1]) == list(expected[1])
    for name, values in expected[1].items():
        np.testing.assert_array_equal(found[1][name], values, err_msg=name)
    assert list(found[0].probes) == list(expected[0].probes)
    for name, recorded in expected[0].probes.items():
        np.testing.assert_array_equal(plain(found[0][name]), plain(recorded), err_msg=name)
    assert found[0].counts == expected[0].counts


def plain(recorded: Any) -> Any:
    return recorded.dense() if isinstance(recorded, Events) else recorded
