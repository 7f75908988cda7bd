"""Each number format that can be asked for does something, and a scenario file can name it."""

from __future__ import annotations

from typing import get_args

import pytest

from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, RateUnit
from neurosim.program.lowering.lower import lower
from neurosim.program.precision import Float64, Precision
from neurosim.program.precision.tables import Format
from neurosim.program.schedule import Phase, Schedule

ROUNDING = [p for p in get_args(Precision) if p is not Float64]
POPULATIONS = [Population("input", 3, Clamp), Population("units", 2, RateUnit)]
NETWORK = Network(POPULATIONS, [Projection("p", "input", "units")])
SCHEDULE = Schedule([Phase("run", 5)], (), {"input.s": "constant"})


@pytest.mark.parametrize("precision", ROUNDING, ids=lambda p: p.__name__)
def test_a_format_changes_the_program(precision: type[Precision]) -> None:
    assert lower(NETWORK, SCHEDULE, precision=precision()) != lower(NETWORK, SCHEDULE)


def test_a_scenario_file_can_name_each_format() -> None:
    tables = get_args(get_args(Format)[0])
    named = [(t, name) for t in tables for name in get_args(t.model_fields["format"].annotation)]
    built = {type(t(format=name).build()) for t, name in named}
    assert built == set(get_args(Precision))
