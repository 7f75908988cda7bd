"""The cursor in C++: steps through trials and phases of a run, in place of Brian2's own loop. Its twin is `runtime`.

`HEADER` is the same for every program; `loop` has one program's arrays, and calls its code objects one after another in
Brian2's order. They exist once Brian2 has prepared a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path

from neurosim.program.program import Program
from neurosim_brian2 import layout
from neurosim_brian2.cursor import batches, recordings, rewrites
from neurosim_brian2.cursor.past import OutputsBefore, ValuesBefore, pasts
from neurosim_brian2.layout import CONTROL, NameOfArray
from neurosim_brian2.objects import CLOCK, EVERY_STEP, REWRITTEN, SLOTS, SUMS, TRIAL_START, Gate, Objects

HEADER = (
    (Path(__file__).parents[1] / "templates" / "cursor.h")
    .read_text()
    .replace("ANOTHER_PROGRAM", str(layout.ANOTHER_PROGRAM))
    .replace("PROGRAM", layout.PROGRAM)
)


def checked_at_start(name: str) -> str:
    """Source that ends a binary which is asked to be another program than that of this name."""
    return f'cursor::only_as("{name}", args);'


def loop(objects: Objects, array: NameOfArray) -> str:
    """Source that runs all trials.

    Parameters
    ----------
    array
        The clock is a group, too.
    """
    program, size = objects.program, {g.name: g.size for g in objects.program.groups}
    before = pasts(program)
    maps, constant, every_step = _stimuli(objects, array)
    fills = [_fill(array(*v), size[v[0]], x) for v, x in layout.at_trial_start(program)]
    copies = layout.copied_at_trial_start(program)
    fills += [f"std::copy_n({array(*first)}, {size[v[0]]}, {array(*v)});" for v, first in copies]
    fills += [f"{array(g, layout.SPIKE_SPACE)}[{size[g]}] = 0;" for g in layout.spiking(program)]
    constant = [_fill(array(*v), size[v[0]], x) for v, x in layout.not_stimulated(program)] + constant
    spikes = [_spikes_under_way(array(g, layout.SPIKE_SPACE), g, size[g]) for g in layout.in_flight(program)]
    empties = [_fill(array(*v), size[v[0]], 0.0) for v in layout.emptied_each_step(program)]
    opened = rewrites.opened(program) + recordings.opened(program) + batches.opened(program)
    checks = [_check(array(*v), size[v[0]]) for v in layout.states(program)]
    return f"""{{
    auto* control = cursor::mapped<cursor::Control>("{CONTROL}");
    {_lines(2, maps + [p.opened() for p in before] + opened)}
    const bool learn = control->learn;
    int64_t now = 0, operations = 0, open_end = -1;
    if (!control->ends) for (int phase = 0; phase < {len(program.phases)}; phase++) open_end += control->more[phase];
    for (int64_t trial = 0; trial < control->trials; trial++) {{
        {_lines(4, rewrites.rewritten(objects, array) + batches.of_trial(program))}
        bool first = true;
        int64_t step = 0;
        if (control->goes_on) {{
            {_lines(6, spikes)}
        }} else {{
            {_lines(6, fills)}
        }}
        {_lines(4, [p.started(array) for p in before] + constant)}
        for (int phase = 0; phase < {len(program.phases)}; phase++) {{
            {_lines(6, _phase_constants(objects, array))}
            for (int64_t remaining = control->more[phase]; remaining-- > 0; first = false, step++, now++) {{
                const int ended = remaining || now == open_end ? {EVERY_STEP} : phase;
                cursor::look_at_parent();
                {array(CLOCK, "timestep")}[0] = now;
                {array(CLOCK, "t")}[0] = now;
                {_lines(8, every_step + empties)}
                {_lines(8, [_count(c, size, array) for c in layout.counted(program, afterwards=False)])}
                {_lines(8, _calls(objects, before, array))}
                {_lines(8, [_count(c, size, array) for c in layout.counted(program, afterwards=True)])}
                {_lines(8, [p.kept(array) for p in before if p.group.is_input])}
            }}
        }}
        {_lines(4, [p.left() for p in before])}
        double nothing = 0;
        {_lines(4, checks)}
        if (nothing != 0) {{ control->broken = trial; break; }}
        control->operations = operations + cursor::late_operations;
        control->done = trial + 1;
    }}
    {_lines(2, rewrites.left(program))}
}}"""


def _lines(depth: int, lines: list[str]) -> str:
    return f"\n{'  ' * depth}".join(lines)


def _fill(array: str, size: int, value: float) -> str:
    return f"std::fill_n({array}, {size}, {value!r});"


def _spikes_under_way(space: str, group: str, size: int) -> str:
    return f'memcpy({space}, cursor::mapped<int32_t>("{layout.spikes_file(group)}"), sizeof(int32_t)*{size + 1});'


def _check(array: str, size: int) -> str:
    """x - x is zero unless x is infinite or NaN, and then NaN, which differs from zero."""
    return f"for (int i = 0; i < {size}; i++) nothing += {array}[i] - {array}[i];"


def _count(counted: layout.Counted, sizes: Mapping[str, int], array: NameOfArray) -> str:
    """Add the synapses of the neurons whose output is not zero."""
    group, variable, dense, ends = counted
    if variable is None:
        spikes, number = array(group, layout.SPIKE_SPACE), sizes[group]
        each = " + ".join([f"{dense}", *(f"{array(*end)}[{spikes}[k]]" for end in ends)])
        if not ends:
            return f"operations += (int64_t){dense}*{spikes}[{number}];"
        return f"for (int k = 0; k < {spikes}[{number}]; k++) operations += {each};"
    values = array(group, variable)
    each = " + ".join([f"{dense}", *(f"{array(*end)}[i]" for end in ends)])
    if not ends:
        loud = f"for (int i = 0; i < {sizes[group]}; i++) loud += {values}[i] != 0;"
        return f"{{ int64_t loud = 0; {loud} operations += {dense}*loud; }}"
    return f"for (int i = 0; i < {sizes[group]}; i++) if ({values}[i] != 0) operations += {each};"


def _calls(objects: Objects, before: list[OutputsBefore], array: NameOfArray) -> list[str]:
    """Calls of all code objects, and what is done between them.

    What arrives late is looked at when all outputs are there, before any is delivered. Probes record before what is
    assigned.
    """
    between = [
        ((SLOTS.index("deliver"), -2), _late(objects.program, before, array)),
        ((SLOTS.index("learn"), SUMS), batches.summed(objects.program, array)),
        ((SLOTS.index("probe"), -1), recordings.recorded(objects.program, array)),
    ]
    lines: list[str] = []
    for o in objects.network.sorted_objects:
        while between and (SLOTS.index(o.when), o.order) > between[0][0]:
            lines += between.pop(0)[1]
        if o.active and objects.gates.get(o.name, Gate()).moment != REWRITTEN:
            condition = _condition(objects.gates.get(o.name, Gate()))
            calls = [f"_run_{code.name}();" for code in o.code_objects]
            shared = _shared(objects, o.name, calls, array)
            lines += [f"{condition}{call}" for call in shared or calls]
    return lines + [line for _, rest in between for line in rest]


def _shared(objects: Objects, name: str, calls: list[str], array: NameOfArray) -> list[str]:
    """A block that changes shared weights: what synapses add, the calls, and what synapses have of it then."""
    rule = objects.sharing.get(name)
    if rule is None:
        return []
    m = objects.program.matrix(rule.owner)
    kernel, share = layout.kernel(m.name), array(m.name, layout.SHARE)
    size = prod(m.kernel)
    lines = [f"cursor::add_up({array(m.name, v)}, {share}, {array(kernel, v)}, {size});" for v in layout.summed(rule)]
    spread = layout.spread(objects.program, m)
    lines += [*calls, *(f"cursor::spread({array(kernel, w)}, {share}, {array(m.name, s)});" for w, s in spread)]
    post = objects.program.group(m.post)
    fired = f"if ({array(post.name, layout.SPIKE_SPACE)}[{post.size}]) " if rule.when == "spike" else ""
    return [f"{fired}{{ {' '.join(lines)} }}"]


def _late(program: Program, before: list[OutputsBefore], array: NameOfArray) -> list[str]:
    """Lines that keep what populations put out, and show what arrives at synapses with delays."""
    lines = [past.kept(array) for past in before if not past.group.is_input]
    values = {p.group.name: p.name for p in before if isinstance(p, ValuesBefore)}
    for _, e in layout.late_edges(program):
        if not e.events:
            near, delay, shown = (
                f"brian::{array(e.matrix, v)}"
                for v in (f"_synaptic_{'post' if e.transposed else 'pre'}", layout.DELAY, layout.LATE[e.transposed])
            )
            lines.append(f"cursor::arrive({values[e.source]}, {near}, {delay}, {shown});")
    return lines


def _condition(gate: Gate) -> str:
    when = {EVERY_STEP: [], TRIAL_START: ["first"]}.get(gate.moment, [f"ended == {gate.moment}"])
    conditions = when + ["learn"] * gate.learns + ["ends_batch"] * gate.ends_batch
    return f"if ({' && '.join(conditions)}) " if conditions else ""


def _phase_constants(objects: Objects, array: NameOfArray) -> list[str]:
    phases = range(len(objects.program.phases))
    return [
        f"if (phase == {i}) {array(group, variable)}[0] = {array(group, layout.in_phase(variable, i))}[0];"
        for group, variable in layout.phased(objects.program)
        for i in phases
    ]


def _stimuli(objects: Objects, array: NameOfArray) -> tuple[list[str], list[str], list[str]]:
    """Lines that open the files, that write rows at a trial's start, and those that write in every step."""
    maps, constant, every_step = [], [], []
    for k, (_, variable, kind) in enumerate(layout.stimuli(objects.program)):
        target, size = array(*variable), objects.program.group(variable[0]).size
        rows, of_each = f"stimulus_{k}", f"control->more[{len(objects.program.phases) + k}]"
        if kind == "constant":
            maps.append(f'cursor::Rows {rows}("{rows}", {size}, {of_each});')
            constant.append(f"{rows}.copy(trial, {target});")
        elif kind == "steps":
            maps.append(f'cursor::Rows {rows}("{rows}", {size}, {of_each});')
            every_step.append(f"{rows}.copy(now, {target});")
        else:
            maps.append(f'cursor::Numbers<int64_t> {rows}("{rows}");')
            maps.append(f'cursor::Numbers<int32_t> units_{k}("units_{k}");')
            every_step.append(_fill(target, size, 0.0))
            every_step.append(
                f"for (int64_t j = {rows}[now], stop = {rows}[now + 1]; j < stop; j++) {target}[units_{k}[j]] = 1.0;"
            )
    return maps, constant, every_step
