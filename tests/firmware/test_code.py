"""Each operation on the device against whole numbers of Python."""

from __future__ import annotations

from device_protocol.client import Process
from device_protocol.semantics import BINARY, UNARY, evaluate, int32, wrap
from device_protocol.words import NONE, OPERATIONS, Code, DeviceGroup, DevicePhase, DeviceProgram, code, const, op
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TOP = 2**23

WIDE = st.integers(-(2**61), 2**61)
ANY = st.one_of(WIDE, st.integers(-300, 300), st.sampled_from([0, 1, -1, TOP, -TOP, 2**31, -(2**31), 2**32]))
HALF = st.integers(-(2**30), 2**30)


def values_of(device: Process, codes: list[Code]) -> list[int]:
    """What the codes compute, in one program: a slot for the lower half of each, and one for the upper."""
    halves = [half for c in codes for half in (c, [*c[:-1], op("FLOOR", 32), op("END")])]
    program = DeviceProgram(
        [DeviceGroup.of(1, len(halves))],
        readings=[(0, slot, NONE, 0) for slot in range(len(halves))],
        phases=[DevicePhase(update={0: list(enumerate(halves))})],
    )
    device.load(program.words())
    read = device.run([1])
    return [upper * 2**32 + lower % 2**32 for lower, upper in zip(read[::2], read[1::2], strict=True)]


@st.composite
def operations(draw: st.DrawFn) -> Code:
    name = draw(st.sampled_from([*UNARY, *BINARY, "SELECT"]))
    if name == "MUL":
        return code(const(draw(HALF)), const(draw(HALF)), op(name))
    if name == "SHL":
        a = draw(st.integers(0, 62))
        return code(const(draw(st.integers(-(2 ** (62 - a)), 2 ** (62 - a)))), op(name, a))
    if name in UNARY:
        a = draw(st.integers(1, 62)) if name in ("FLOOR", "TRUNC", "ROUND") else 0
        return code(const(draw(ANY)), op(name, a))
    if name == "WRAP":
        return code(const(draw(ANY)), const(draw(st.one_of(st.integers(1, 2**60), st.just(TOP)))), op(name))
    if name == "SELECT":
        return code(const(draw(st.sampled_from([0, 1, -1, 2**40]))), const(draw(ANY)), const(draw(ANY)), op(name))
    x = draw(ANY)
    return code(const(x), const(draw(st.one_of(st.just(x), ANY))), op(name))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(codes=st.lists(operations(), min_size=1, max_size=60))
def test_operations_are_those_of_whole_numbers(device: Process, codes: list[Code]) -> None:
    assert values_of(device, codes) == [evaluate(c, []) for c in codes]


def test_every_operation_is_tried() -> None:
    assert {*UNARY, *BINARY, "SELECT", "END", "CONST", "SMALL", "SLOT"} == set(OPERATIONS)


def test_wrap_ends_exactly_at_two_to_the_23(device: Process) -> None:
    x = [TOP - 1, TOP, TOP + 1, -TOP + 1, -TOP, -TOP - 1, 3 * TOP, -3 * TOP, 0]
    wrapped = values_of(device, [code(const(v), const(TOP), "WRAP") for v in x])
    assert wrapped == [TOP - 1, TOP, -TOP + 1, -TOP + 1, TOP, TOP - 1, TOP, TOP, 0]


def test_wrap_around_what_is_no_power_of_2(device: Process) -> None:
    x = range(-20, 20)
    wrapped = values_of(device, [code(const(v), const(3), "WRAP") for v in x])
    assert wrapped == [wrap(v, 3) for v in x]
    assert (min(wrapped), max(wrapped)) == (-2, 3)


def test_trunc_goes_to_0_and_floor_and_round_go_down(device: Process) -> None:
    x = [-7, -6, -5, 5, 6, 7]
    assert values_of(device, [code(const(v), "TRUNC 2") for v in x]) == [-1, -1, -1, 1, 1, 1]
    assert values_of(device, [code(const(v), "FLOOR 2") for v in x]) == [-2, -2, -2, 1, 1, 1]
    assert values_of(device, [code(const(v), "ROUND 2") for v in x]) == [-2, -1, -1, 1, 2, 2]


def test_a_small_number_has_24_bits_and_a_sign(device: Process) -> None:
    ends = [-(2**23), 2**23 - 1, -1]
    assert values_of(device, [code(op("SMALL", v)) for v in ends]) == ends


def test_a_wrap_around_nothing_is_0_and_no_crash(device: Process) -> None:
    assert values_of(device, [code(const(5), const(h), "WRAP") for h in (0, -1, -(2**63))]) == [0, 0, 0]


def test_values_keep_their_lower_64_bits(device: Process) -> None:
    most = const(2**63 - 1)
    codes = [code(most, "SMALL 1", "ADD"), code(most, most, "MUL"), code(most, "SMALL 2", "ADD", "NEG")]
    assert values_of(device, codes) == [evaluate(c, []) for c in codes] == [-(2**63), 1, 2**63 - 1]


def test_the_lower_half_of_a_value_is_read(device: Process) -> None:
    device.load(DeviceProgram([DeviceGroup(1, [(0, 2**40 + 2**31 + 5)])], phases=[DevicePhase()]).words())
    assert device.get(0, 0) == [int32(2**31 + 5)]
