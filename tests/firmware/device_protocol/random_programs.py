"""Programs of devices drawn at random: each is valid, and together they have all that a program can have."""

from __future__ import annotations

from random import Random

from device_protocol.words import NONE, Code, DeviceGroup, DevicePhase, DeviceProgram, Equation, const, op

SIZES = (1, 2, 3, 31, 32, 33, 64, 65, 130)
"""Around words of bits, and around what a device may compute at once."""

UNARY = ("NEG", "ABS", "SIGN", "SHL", "FLOOR", "TRUNC", "ROUND", "NOT")
BINARY = ("ADD", "SUB", "MUL", "MIN", "MAX", "WRAP", "LT", "LE", "GT", "GE", "EQ", "NE", "AND", "OR")


def a_program(draw: Random, sizes: tuple[int, ...] = SIZES) -> DeviceProgram:
    groups = [
        DeviceGroup(draw.choice(sizes), [(draw.randrange(2), an_integer(draw)) for _ in range(draw.randint(2, 5))])
        for _ in range(draw.randint(1, 3))
    ]
    matrices = [(draw.randrange(len(groups)), draw.randrange(len(groups))) for _ in range(draw.randint(0, 3))]
    program = DeviceProgram(groups, matrices)
    program.edges = [edge for m in range(len(matrices)) for edge in some_edges(draw, program, m)]
    program.ports = [a_port(draw, program) for _ in range(draw.randint(0, 3))]
    program.phases = [a_phase(draw, groups) for _ in range(draw.randint(1, 3))]
    moments = [NONE, *range(len(program.phases))]
    program.readings = [
        (*a_slot(draw, program), draw.choice(moments), draw.randrange(2)) for _ in range(draw.randint(1, 4))
    ]
    program.stimuli = [(*a_slot(draw, program), draw.randrange(3)) for _ in range(draw.randint(0, 3))]
    return program


def an_integer(draw: Random) -> int:
    return draw.choice((-1, 1)) * draw.randrange(2 ** draw.choice((1, 8, 24, 40, 63)))


def a_slot(draw: Random, program: DeviceProgram) -> tuple[int, int]:
    g = draw.randrange(len(program.groups))
    return g, draw.randrange(len(program.groups[g].slots))


def some_edges(draw: Random, program: DeviceProgram, m: int) -> list[tuple[int, ...]]:
    made = []
    for flags in draw.sample(range(4), draw.randint(1, 2)):
        source, target = program.matrices[m][::-1] if flags & 1 else program.matrices[m]
        source_slot = draw.randrange(len(program.groups[source].slots))
        others = [s for s in range(len(program.groups[target].slots)) if source != target or s != source_slot]
        made.append((m, source, source_slot, target, draw.choice(others), flags, draw.choice((0, 1, 12, 62))))
    return made


def a_port(draw: Random, program: DeviceProgram) -> tuple[int, int, int]:
    g, slot = a_slot(draw, program)
    return g, slot, draw.choice([NONE, *range(len(program.groups[g].slots))])


def a_phase(draw: Random, groups: list[DeviceGroup]) -> DevicePhase:
    phase = DevicePhase()
    for g, group in enumerate(groups):
        for lists in (phase.present, phase.update, phase.assign):
            if draw.random() < 0.6:
                lists[g] = some_equations(draw, group)
        if draw.random() < 0.6:
            phase.spike[g] = some_equations(draw, group)[:1]
            phase.reset[g] = some_equations(draw, group)
    return phase


def some_equations(draw: Random, group: DeviceGroup) -> list[Equation]:
    slots = draw.sample(range(len(group.slots)), draw.randint(1, len(group.slots)))
    return [(slot, [*some_code(draw, len(group.slots), draw.randint(0, 4)), op("END")]) for slot in slots]


def some_code(draw: Random, slots: int, depth: int) -> Code:
    """Code that puts one value on the stack, of `depth` operations above one another."""
    if depth == 0:
        small = op("SMALL", draw.randrange(-(2**23), 2**23))
        return draw.choice(([op("SLOT", draw.randrange(slots))], [small], const(an_integer(draw))))
    below = [some_code(draw, slots, draw.randrange(depth)) for _ in range(3)]
    kind = draw.random()
    if kind < 0.4:
        name = draw.choice(UNARY)
        return [*below[0], op(name, draw.choice((1, 2, 12, 31, 32, 62)) if name in UNARY[3:7] else 0)]
    if kind < 0.9:
        return [*below[0], *below[1], op(draw.choice(BINARY))]
    return [*below[0], *below[1], *below[2], op("SELECT")]


def a_run(draw: Random, program: DeviceProgram) -> tuple[list[int], list[int], int, int]:
    """Steps, what is shown, flags and trials."""
    flags = draw.choice((0, 0, 0, 1, 2, 3))
    trials = 1 if flags else draw.randint(0, 3)
    steps = [draw.randint(0, 3) for _ in program.phases]
    counts = {0: 0, 1: 0}
    for g, _, form in program.stimuli:
        size = program.groups[g].size
        counts[form > 0] += (size + 31) // 32 if form == 2 else size
    shown = trials * (counts[0] + sum(steps) * counts[1])
    return steps, [draw.randrange(-(2**31), 2**31) for _ in range(shown)], flags, trials
