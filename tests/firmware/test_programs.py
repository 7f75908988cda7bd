"""What is no program is refused with the word that is wrong, and what does not fit with its section."""

from __future__ import annotations

from random import Random

import pytest
from device_protocol.client import LOAD, RUN, DeviceRefused, Process, words
from device_protocol.random_programs import a_program
from device_protocol.rules import DeviceSizes, is_program
from device_protocol.words import NONE, Code, DeviceGroup, DevicePhase, DeviceProgram, code, op

HOST = DeviceSizes(2**20, 2**22, 2**24, 256, 256)

NOT_A_PROGRAM, DOES_NOT_FIT = 5, 7


def refusal(device: Process, program: list[int]) -> tuple[int, int]:
    """Code and detail; what is refused is not there afterwards."""
    with pytest.raises(DeviceRefused) as refused:
        device.load(program)
    with pytest.raises(DeviceRefused) as nothing:
        device.ask(RUN, words(0, 0))
    assert nothing.value.code == 4
    return refused.value.args


def with_code(*parts: object, slots: int = 1, stack: int = 2) -> list[int]:
    """A program whose one equation has this code, which is its last words."""
    made: Code = [word for part in parts for word in ([part] if isinstance(part, int) else code(part)[:-1])]
    phase = DevicePhase(update={0: [(0, made)]})
    return DeviceProgram([DeviceGroup.of(1, slots)], phases=[phase], stack=stack).words()


END = op("END")


def test_random_programs_are_programs(device: Process) -> None:
    for seed in range(100):
        program = a_program(Random(seed)).words()
        assert is_program(program, HOST)
        device.load(program)


@pytest.mark.parametrize(
    ("wrong", "behind"),
    [
        ((27, END), 2),  # no operation
        (("SMALL 1",), 0),  # no END; the fault is behind the words
        (("SMALL 1", END, END), 2),  # END before the end
        (("ADD", END), 2),  # nothing to take
        (("SMALL 1", "ADD", END), 2),
        (("SMALL 1", "SMALL 2", "SELECT", END), 2),
        (("SMALL 1", "SMALL 1", END), 1),  # more than one value
        ((END,), 1),
        (("SMALL 1", "SMALL 1", "SMALL 1", "ADD", "ADD", END), 4),  # deeper than the stack
        (("SLOT 1", END), 2),  # no such slot
        (("SMALL 1", "SHL 63", END), 2),
        (("SMALL 1", "FLOOR 63", END), 2),
        (("SMALL 1", "TRUNC 63", END), 2),
        (("SMALL 1", "ROUND 63", END), 2),
        (("SMALL 1", "ROUND 0", END), 2),
        ((op("CONST"), END), 2),  # CONST without its words
    ],
)
def test_code_that_is_none_is_refused_where_it_is_wrong(
    device: Process, wrong: tuple[object, ...], behind: int
) -> None:
    program = with_code(*wrong)
    assert refusal(device, program) == (NOT_A_PROGRAM, len(program) - behind)
    assert not is_program(program, HOST)


@pytest.mark.parametrize("missing", [1, 2, 3, 4, 5])
def test_a_list_ends_with_the_words_whatever_lies_behind(device: Process, missing: int) -> None:
    program = with_code("SMALL 1", "NEG", END)
    device.load(program)  # which is what lies behind
    short = program[:-missing]
    assert refusal(device, [short[0], len(short), *short[2:]])[0] == NOT_A_PROGRAM


def test_an_equation_sets_a_slot_that_there_is(device: Process) -> None:
    phase = DevicePhase(update={0: [(1, code("SMALL 1"))]})
    program = DeviceProgram([DeviceGroup.of(1, 1)], phases=[phase]).words()
    assert refusal(device, program) == (NOT_A_PROGRAM, len(program) - 4)


WHOLE = DeviceProgram(
    [DeviceGroup.of(3, 2), DeviceGroup.of(2, 1)],
    matrices=[(0, 1)],
    edges=[(0, 0, 0, 1, 0, 0, 0)],
    ports=[(0, 1, 0)],
    readings=[(1, 0, 0, 0)],
    stimuli=[(0, 0, 0)],
    phases=[DevicePhase(update={1: [(0, code("SLOT 0"))]})],
)


@pytest.mark.parametrize(
    ("section", "wrong", "entry"),
    [
        ("matrices", (0, 2), 23),
        ("edges", (1, 0, 0, 1, 0, 0, 0), 25),  # no such matrix
        ("edges", (0, 1, 0, 0, 0, 0, 0), 25),  # against the matrix
        ("edges", (0, 0, 2, 1, 0, 0, 0), 25),  # no such slot
        ("edges", (0, 0, 0, 1, 1, 0, 0), 25),
        ("edges", (0, 0, 0, 1, 0, 4, 0), 25),  # no such flag
        ("edges", (0, 0, 0, 1, 0, 0, 63), 25),
        ("ports", (2, 0, 0), 32),
        ("ports", (0, 1, 2), 32),
        ("readings", (1, 0, 1, 0), 35),  # no such phase
        ("readings", (1, 0, NONE, 2), 35),
        ("stimuli", (0, 2, 0), 39),
        ("stimuli", (0, 0, 3), 39),
    ],
)
def test_an_entry_that_is_none_is_refused_by_its_first_word(
    device: Process, section: str, wrong: tuple[int, ...], entry: int
) -> None:
    program = DeviceProgram(**{**vars(WHOLE), section: [wrong]}).words()
    assert refusal(device, program) == (NOT_A_PROGRAM, entry)
    device.load(WHOLE.words())


def test_an_edge_does_not_add_to_the_slot_that_it_reads(device: Process) -> None:
    program = DeviceProgram([DeviceGroup.of(2, 1)], matrices=[(0, 0)], edges=[(0, 0, 0, 0, 0, 0, 0)])
    assert refusal(device, program.words())[0] == NOT_A_PROGRAM


def test_a_spike_list_has_one_equation(device: Process) -> None:
    two = [(0, code("SMALL 1")), (1, code("SMALL 1"))]
    program = DeviceProgram([DeviceGroup.of(1, 2)], phases=[DevicePhase(spike={0: two})]).words()
    assert refusal(device, program) == (NOT_A_PROGRAM, 23)


def test_a_list_lies_behind_the_sections(device: Process) -> None:
    program = with_code("SMALL 1", END)
    at = 10 + 5 + 1
    assert program[at] == 20
    assert refusal(device, [*program[:at], 19, *program[at + 1 :]]) == (NOT_A_PROGRAM, at)
    assert refusal(device, [*program[:at], len(program), *program[at + 1 :]]) == (NOT_A_PROGRAM, at)


def test_heads_that_are_none(device: Process) -> None:
    good = WHOLE.words()
    assert refusal(device, [1, *good[1:]]) == (NOT_A_PROGRAM, 0)
    assert refusal(device, [*good, 0]) == (NOT_A_PROGRAM, 1)
    assert refusal(device, [*good[:9], 33, *good[10:]]) == (NOT_A_PROGRAM, 9)
    assert refusal(device, good[:5]) == (NOT_A_PROGRAM, 0)
    assert refusal(device, []) == (NOT_A_PROGRAM, 0)


@pytest.mark.parametrize(
    ("groups", "matrices", "section"),
    [
        ([DeviceGroup.of(2**21, 3)], [], 1),
        ([DeviceGroup.of(2**32 - 1, 2**10)], [], 1),
        ([DeviceGroup.of(1, 1)] * 257, [], 1),
        ([DeviceGroup.of(2**13, 1)], [(0, 0)], 2),
        ([DeviceGroup.of(1, 1)], [(0, 0)] * 257, 2),
    ],
)
def test_what_does_not_fit_names_its_section(
    device: Process, groups: list[DeviceGroup], matrices: list[tuple[int, int]], section: int
) -> None:
    program = DeviceProgram(groups, matrices).words()
    assert refusal(device, program) == (DOES_NOT_FIT, section)
    assert not is_program(program, HOST)


def test_more_words_than_there_may_be_do_not_fit(device: Process) -> None:
    with pytest.raises(DeviceRefused, match="7, 0"):
        device.ask(LOAD, words(2**20 + 1, 0, 1))
