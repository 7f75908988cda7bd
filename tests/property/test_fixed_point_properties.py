"""Fixed point on random networks: every value is one that a chip could hold; and on random arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neurosim.program.arithmetic.registers import state_limit, wrap_limit
from neurosim.program.precision import FixedPoint, WeightFormat
from neurosim.program.precision.formats import ALIGNMENT, PAYLOAD_BITS
from neurosim.program.precision.saturation import saturations
from neurosim.program.program import Program
from neurosim.program.run import bind
from neurosim.program.source.listing import compiled, listing
from neurosim.program.source.recorder import Recorder
from neurosim.program.source.synapses import synapses_of
from neurosim.testing.agreement import assert_learned_agree, assert_probes_agree
from neurosim.testing.cases.random_networks import random_cases
from neurosim.testing.cases.small import Case
from neurosim.testing.targets import REFERENCE, Target, run_case

few = settings(max_examples=10, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))

NUMBERS = st.builds(
    FixedPoint,
    output_bits=st.integers(4, 12),
    activation_bits=st.integers(6, 14),
    weight_bits=st.integers(4, 8),
    weight_exponent=st.integers(-10, -7),
    largest_loss=st.just(10.0),
)


def whole(values: np.ndarray, bits: int) -> bool:
    return bool(np.array_equal(values * 2.0**bits, np.floor(values * 2.0**bits)))


@given(random_cases(), NUMBERS)
@few
def test_states_and_outputs_are_values_that_a_chip_holds_in_every_step(case: Case, precision: FixedPoint) -> None:
    program = case.program(precision)
    run = bind(program, case.trials, case.constants, case.learn)
    limit = wrap_limit(precision.state_fraction_bits)

    def watch(trial: int, step: int, scope: Mapping[str, np.ndarray]) -> None:
        for g in program.groups:
            for v, _ in g.state:
                values = scope[f"{g.name}__{v}"]
                assert whole(values, precision.state_fraction_bits), (g.name, v, step)
                assert np.abs(values).max() <= limit
            if g.present and f"{g.name}__output" in scope:
                sent = scope[f"{g.name}__output"]
                assert whole(sent, precision.output_bits)
                assert np.abs(sent).max() < 2.0 ** (PAYLOAD_BITS - 1 - precision.output_bits)

    function = compiled(listing(run, watch=True))
    function.__globals__["watch"] = watch
    learned = case.learned_for(program)
    function(run.count, 0, run.stimuli, synapses_of(program), run.fixed, learned, Recorder(run).arrays)
    for name, form in program.formats().items():
        np.testing.assert_array_equal(form.rounded(learned[name]), learned[name], err_msg=name)


@given(random_cases(), NUMBERS)
@few
def test_every_simulator_gives_the_same_bits(case: Case, precision: FixedPoint) -> None:
    program = case.program(precision)
    expected, expected_learned = run_case(REFERENCE, case, program)
    found, learned = run_case(Target("nengo:native"), case, program)
    assert_learned_agree(learned, expected_learned)
    assert_probes_agree(found, expected)


@given(random_cases(), NUMBERS)
@few
def test_looking_at_registers_changes_nothing_and_limits_are_kept(case: Case, precision: FixedPoint) -> None:
    program = case.program(precision)
    assert Program.from_json(program.to_json(), program.wirings()) == program
    learned = case.learned_for(program)
    before = {n: a.copy() for n, a in learned.items()}
    bits = program.activation_bits + ALIGNMENT
    for counts in saturations(bind(program, case.trials, case.constants, case.learn), learned).values():
        assert counts.limit == (wrap_limit(bits) if counts.kind == "wraps" else state_limit(bits))
        assert (counts.total > 0) == (counts.largest > counts.limit) or counts.largest == counts.limit
        assert counts.total <= counts.values
    assert_learned_agree(learned, before)


SIGNS = st.sampled_from(["mixed", "excitatory", "inhibitory"])
FORMATS = st.builds(WeightFormat, bits=st.integers(1, 8), exponent=st.integers(-12, -8), sign=SIGNS)
VALUES = arrays(np.float64, st.integers(1, 40), elements=st.floats(-2, 2))


@given(VALUES, FORMATS)
def test_rounding_is_to_the_nearest_value_within_the_ends_and_once_only(x: np.ndarray, form: WeightFormat) -> None:
    once = form.rounded(x)
    np.testing.assert_array_equal(form.rounded(once), once)
    assert form.low <= once.min()
    assert once.max() <= form.high
    inside = (form.low <= x) & (x <= form.high)
    assert (np.abs(once - x)[inside] <= 2.0 ** -(form.fraction_bits + 1)).all()
    assert whole(form.mantissas(once) / form.step, 0)


@settings(deadline=None)
@given(VALUES, st.integers(2, 8))
def test_a_fitted_format_holds_every_value(x: np.ndarray, bits: int) -> None:
    form = FixedPoint(weight_bits=bits).fitted({"p": x / 2}).weight_format("p")
    error = np.abs(form.rounded(x / 2) - x / 2)
    assert (error <= 2.0 ** -(form.fraction_bits + 1)).all()
