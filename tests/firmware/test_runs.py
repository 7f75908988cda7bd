"""Runs on the device equal those in plain Python, word by word: random programs that have all there is."""

from __future__ import annotations

from random import Random

import pytest
from device_protocol.client import Process
from device_protocol.random_programs import a_program, a_run
from device_protocol.semantics import PlainDevice
from device_protocol.words import NONE, DeviceGroup, DevicePhase, DeviceProgram, code

PROGRAMS = range(50)


def test_random_programs_run_as_the_page_says(device: Process) -> None:
    for seed in PROGRAMS:
        draw = Random(seed)
        program = a_program(draw)
        plain = PlainDevice(program)
        device.load(program.words())
        for m, mantissas in enumerate(plain.mantissas):
            mantissas[:] = [draw.choice((0, 1, -1, draw.randrange(-(2**15), 2**15))) for _ in mantissas]
            device.write(m, mantissas)
        for _ in range(3):
            steps, shown, flags, trials = a_run(draw, program)
            assert device.run(steps, shown, flags, trials) == plain.run(steps, shown, flags, trials), f"program {seed}"


def test_what_is_set_is_had_again_and_a_kept_slot_stays(device: Process) -> None:
    program = DeviceProgram([DeviceGroup(2, [(0, 7), (1, 8)])], phases=[DevicePhase()])
    device.load(program.words())
    for slot in (0, 1):
        assert device.get(0, slot) == [7 + slot] * 2
        device.set(0, slot, [-5, 6])
        assert device.get(0, slot) == [-5, 6]
    device.run([1])
    assert device.get(0, 0) == [7, 7]
    assert device.get(0, 1) == [-5, 6]


def test_equations_of_a_list_are_simultaneous(device: Process) -> None:
    swap = [(0, code("SLOT 1")), (1, code("SLOT 0"))]
    program = DeviceProgram([DeviceGroup(200, [(1, 3), (1, 4)])], phases=[DevicePhase(update={0: swap})])
    device.load(program.words())
    device.run([3])
    assert (device.get(0, 0), device.get(0, 1)) == ([4] * 200, [3] * 200)


def test_reset_is_for_neurons_that_spike_even_where_it_sets_the_spike(device: Process) -> None:
    phase = DevicePhase(
        update={0: [(0, code("SLOT 0", "SMALL 1", "ADD"))]},
        spike={0: [(1, code("SLOT 0", "SMALL 2", "GT"))]},
        reset={0: [(1, code("SMALL 0")), (0, code("SMALL -9"))]},
    )
    program = DeviceProgram([DeviceGroup(2, [(1, 0), (0, 0)])], phases=[phase])
    device.load(program.words())
    device.set(0, 0, [1, 2])
    device.run([1])
    assert (device.get(0, 0), device.get(0, 1)) == ([2, -9], [0, 0])


@pytest.mark.parametrize("cut", [1, 4])
def test_trials_in_parts_are_one_trial(device: Process, cut: int) -> None:
    phases = [
        DevicePhase(
            update={0: [(0, code("SLOT 0", "SMALL 3", "MUL", "SMALL 1", "ADD"))]}, assign={0: [(1, code("SLOT 0"))]}
        ),
        DevicePhase(update={0: [(0, code("SLOT 0", "SLOT 1", "ADD"))]}),
    ]
    readings = [(0, 0, NONE, 0), (0, 1, 0, 0), (0, 1, 1, 0)]
    device.load(DeviceProgram([DeviceGroup(1, [(0, 1), (0, 0)])], readings=readings, phases=phases).words())
    whole = device.run([5, 2])
    first = device.run([cut, 0], flags=2)
    second = device.run([5 - cut, 2], flags=1)
    assert first + second == whole


def test_a_step_shows_its_own_bits_and_numbers(device: Process) -> None:
    program = DeviceProgram(
        [DeviceGroup.of(34, 1), DeviceGroup.of(1, 1)],
        readings=[(0, 0, NONE, 1), (1, 0, NONE, 0)],
        stimuli=[(0, 0, 2), (1, 0, 1)],
        phases=[DevicePhase()],
    )
    device.load(program.words())
    shown = [1, 2, -7, 0x80000000 - 2**32, 1, 9]
    assert device.run([2], shown) == shown
