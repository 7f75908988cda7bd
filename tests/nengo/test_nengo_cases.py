"""Every case of neurosim.testing, in both modes and both number formats."""

import pytest
from nengo_agreement import MODES, assert_as_reference

from neurosim import Float64, Grid
from neurosim.testing.cases import CASES


@pytest.mark.parametrize("precision", [Float64(), Grid()], ids=["float64", "grid"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", CASES)
def test_case(name, mode, precision):
    case = CASES[name](0.5)
    program = case.program(precision)
    exact = isinstance(precision, Grid)
    learned = case.learned_for(program)
    assert_as_reference(mode, program, case.trials, learned, case.constants, case.learn, exact)
