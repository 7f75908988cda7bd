"""The cursor in C++: steps through trials and phases of a run, in place of Brian2's own loop. Its twin is `runtime`.

`HEADER` is the same for every program; `loop` has one program's arrays, and calls its code objects one after another in
Brian2's order. They exist once Brian2 has prepared a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from neurosim.program.program import Group, Program
from neurosim_brian2 import layout, recordings
from neurosim_brian2.layout import CONTROL
from neurosim_brian2.objects import CLOCK, EVERY_STEP, SLOTS, TRIAL_START, Gate, Objects

Array = Callable[[str, str], str]
"""The C++ name of the array of (group or matrix, variable in Brian2)."""

HEADER = r"""#pragma once
#include "objects.h"
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <csignal>
#include <sys/prctl.h>
#endif

namespace cursor {

const size_t BLOCK = 1 << 16;  // bytes of a file that are in memory at once, about

struct Control { int64_t done, broken, trials, learn, operations, goes_on, ends, more[]; };

// The process that started this one and waits for it, if it has said so.
inline pid_t parent() {
    static const char* said = std::getenv("NEUROSIM_PARENT");
    return said ? std::atol(said) : getppid();
}

// Nobody would read what comes out.
inline void end_if_orphaned() { if (getppid() != parent()) std::_Exit(4); }

// The system ends this process together with the thread that started it, which waits for it. It may have died already.
inline void end_with_parent() {
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    end_if_orphaned();
}

// Where the system does not do it.
inline void look_at_parent() {
#ifndef __linux__
    end_if_orphaned();
#endif
}

// A file in the folder of results as memory; what is written there is seen by the process that started this one.
template <class T> T* mapped(const char* name) {
    const std::string path = brian::results_dir + name;
    const int file = open(path.c_str(), O_RDWR);
    struct stat status;
    if (file < 0 || fstat(file, &status)) { std::cerr << "cannot open " << path << std::endl; std::exit(3); }
    void* memory = status.st_size ? mmap(0, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : nullptr;
    if (memory == MAP_FAILED) { std::cerr << "cannot map " << path << std::endl; std::exit(3); }
    close(file);
    return static_cast<T*>(memory);
}

// A file in the folder of results, which is read in parts.
class File {
    const std::string path;
    const int file;

    [[noreturn]] void fail() const { std::cerr << "cannot read " << path << std::endl; std::exit(3); }

public:
    explicit File(const char* name) : path(brian::results_dir + name), file(open(path.c_str(), O_RDONLY)) {
        if (file < 0) fail();
    }

    // The bytes from a place on: as many as fit, or as there are, but not none.
    int64_t read(void* into, int64_t room, int64_t at) const {
        int64_t done = 0;
        for (ssize_t got = 1; got > 0 && done < room; done += got) {
            got = pread(file, static_cast<char*>(into) + done, room - done, at + done);
            if (got < 0) fail();
        }
        if (room && !done) fail();
        return done;
    }
};

// Numbers of a file, a block of them in memory.
template <class T> class Numbers {
    const File file;
    const std::unique_ptr<T[]> block;
    int64_t first = 0, held = 0;

public:
    explicit Numbers(const char* name) : file(name), block(new T[BLOCK/sizeof(T)]) {}

    T operator[](int64_t k) {
        if (k < first || k >= first + held) {
            held = file.read(block.get(), BLOCK, k*sizeof(T))/sizeof(T);
            first = k;
        }
        return block[k - first];
    }
};

// Rows of numbers in a file, some of them in memory: doubles, floats, or bytes behind the double that each stands for.
class Rows {
    const File file;
    const int64_t width, size;
    std::vector<double> table;
    std::vector<char> block;
    int64_t first = 0, held = 0;

public:
    Rows(const char* name, int64_t width, int64_t size)
        : file(name), width(width), size(size), table(size == 1 ? 256 : 0),
          block(std::max<int64_t>(1, (int64_t)BLOCK/(width*size))*width*size) {
        file.read(table.data(), table.size()*sizeof(double), 0);
    }

    void copy(int64_t row, double* into) {
        const int64_t each = width*size;
        if (row < first || row >= first + held) {
            held = file.read(block.data(), block.size(), table.size()*sizeof(double) + row*each)/each;
            first = row;
        }
        const char* from = block.data() + (row - first)*each;
        if (size == sizeof(double)) std::memcpy(into, from, each);
        else if (size == sizeof(float)) std::copy_n(reinterpret_cast<const float*>(from), width, into);
        else for (int64_t i = 0; i < width; i++) into[i] = table[static_cast<unsigned char>(from[i])];
    }
};

// A file in the folder of results as an array, and an array as a file.
template <class T> void read(const char* name, std::vector<T>& into) {
    const std::string path = brian::results_dir + name;
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) { std::cerr << "cannot open " << path << std::endl; std::exit(3); }
    into.resize(file.tellg()/sizeof(T));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(into.data()), into.size()*sizeof(T));
}
template <class T> void write(const char* name, const std::vector<T>& values) {
    const std::string path = brian::results_dir + name;
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(values.data()), values.size()*sizeof(T));
    file.close();
    if (!file) { std::cerr << "cannot write " << path << std::endl; std::exit(3); }
}

// What a group put out in its last steps, the newest first: place (d - 1)*size + i is neuron i, d steps before.
struct PastSpikes {
    int32_t steps, size;
    std::vector<int32_t> fired, newer;
    void restart() { fired.clear(); }
    void go_on(const char* name) { read(name, fired); }
    void leave(const char* name) const { write(name, fired); }
    void push(const int32_t* spikes, int count) {
        newer.assign(spikes, spikes + count);
        for (const int32_t place : fired) {
            if (place + size >= steps*size) break;
            newer.push_back(place + size);
        }
        fired.swap(newer);
    }
};
struct PastValues {
    int32_t steps, size, newest = 0;
    std::vector<double> rows = std::vector<double>((size_t)2*steps*size, 0.0);  // twice: all lie behind the newest
    const double* values() const { return &rows[(size_t)newest*size]; }
    void restart() { std::fill(rows.begin(), rows.end(), 0.0); }
    void restart(const double* output) {
        for (int d = 0; d < 2*steps; d++) std::copy_n(output, size, &rows[(size_t)d*size]);
    }
    void go_on(const char* name) {
        std::vector<double> given;
        read(name, given);
        newest = 0;
        std::copy(given.begin(), given.end(), rows.begin());
        std::copy(given.begin(), given.end(), rows.begin() + given.size());
    }
    void leave(const char* name) const { write(name, std::vector<double>(values(), values() + (size_t)steps*size)); }
    void push(const double* output) {
        newest = (newest + steps - 1) % steps;
        std::copy_n(output, size, &rows[(size_t)newest*size]);
        std::copy_n(output, size, &rows[(size_t)(newest + steps)*size]);
    }
};
template <int group> PastSpikes& spikes_before() { static PastSpikes past; return past; }

// Effective synaptic operations at synapses with delays.
static int64_t late_operations = 0;

// What arrives at each synapse with a delay.
inline void arrive(const PastValues& past, const std::vector<int32_t>& near, const std::vector<int32_t>& delay,
                   std::vector<double>& arrived) {
    const double* values = past.values();
    for (size_t k = 0; k < near.size(); k++) {
        arrived[k] = values[(size_t)(delay[k] - 1)*past.size + near[k]];
        late_operations += arrived[k] != 0;
    }
}

// What a probe records, as a file; a block of it in memory.
class Recording {
    const int file;
    const std::unique_ptr<char[]> block;
    std::vector<double> some;
    size_t held = 0;

    static void check(bool good) {
        if (!good) { std::cerr << "what is recorded cannot be written" << std::endl; std::exit(3); }
    }

    void append(const char* from, size_t size) {
        for (ssize_t done; size; from += done, size -= done) {
            done = ::write(file, from, size);
            check(done > 0);
        }
    }

    void empty() {
        append(block.get(), held);
        held = 0;
    }

public:
    explicit Recording(const char* name)
        : file(open((brian::results_dir + name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666)), block(new char[BLOCK]) {
        check(file >= 0);
    }
    ~Recording() {
        empty();
        check(!close(file));
    }

    template <class T> void write(const T* values, size_t count) {
        const size_t size = count*sizeof(T);
        const char* from = reinterpret_cast<const char*>(values);
        if (held + size > BLOCK) empty();
        if (size > BLOCK) return append(from, size);
        std::memcpy(&block[held], from, size);
        held += size;
    }
    void write(const double* values, const std::vector<int32_t>& chosen) {
        some.clear();
        for (const int32_t k : chosen) some.push_back(values[k]);
        write(some.data(), some.size());
    }
};

inline std::vector<bool> among(const std::vector<int32_t>& chosen, int size) {
    std::vector<bool> selected(size);
    for (const int32_t k : chosen) selected[k] = true;
    return selected;
}

inline void record_spikes(Recording& counts, Recording& units, const int32_t* spikes, int32_t count) {
    counts.write(&count, 1);
    units.write(spikes, count);
}

inline void record_spikes(Recording& counts, Recording& units, const int32_t* spikes, int32_t count,
                          const std::vector<bool>& selected) {
    int32_t some = 0;
    for (int k = 0; k < count; k++) if (selected[spikes[k]]) { units.write(&spikes[k], 1); some++; }
    counts.write(&some, 1);
}

// What need not be written when the run is over, as Brian2 does with every array.
template <class T> void forget(std::vector<T>& array) { std::vector<T>().swap(array); }

// Ends the process unless the next arguments name the program that this binary is, and takes them away.
inline void only_as(const char* program, std::vector<std::string>& arguments) {
    if (arguments.size() < 2 || arguments[0] != "PROGRAM" || arguments[1] != program) std::_Exit(ANOTHER_PROGRAM);
    arguments.erase(arguments.begin(), arguments.begin() + 2);
}

}
""".replace("ANOTHER_PROGRAM", str(layout.ANOTHER_PROGRAM)).replace("PROGRAM", layout.PROGRAM)


def checked_at_start(name: str) -> str:
    """Source that ends a binary which is asked to be another program than that of this name."""
    return f'cursor::only_as("{name}", args);'


def loop(objects: Objects, array: Callable[[str, str], str]) -> str:
    """Source that runs all trials.

    Parameters
    ----------
    array
        The C++ name of the array of (group, variable in Brian2); the clock is a group, too.
    """
    program, size = objects.program, {g.name: g.size for g in objects.program.groups}
    maps, constant, every_step = _stimuli(objects, array)
    fills = [_fill(array(*v), size[v[0]], x) for v, x in layout.at_trial_start(program)]
    copies = layout.copied_at_trial_start(program)
    fills += [f"std::copy_n({array(*first)}, {size[v[0]]}, {array(*v)});" for v, first in copies]
    fills += [f"{array(g, layout.SPIKE_SPACE)}[{size[g]}] = 0;" for g in layout.spiking(program)]
    constant = [_fill(array(*v), size[v[0]], x) for v, x in layout.not_stimulated(program)] + constant
    spikes = [_spikes_under_way(array(g, layout.SPIKE_SPACE), g, size[g]) for g in layout.in_flight(program)]
    empties = [_fill(array(*v), size[v[0]], 0.0) for v in layout.emptied_each_step(program)]
    checks = [_check(array(*v), size[v[0]]) for v in layout.states(program)]
    return f"""{{
    auto* control = cursor::mapped<cursor::Control>("{CONTROL}");
    {_lines(2, maps + pasts(program) + recordings.opened(program))}
    const bool learn = control->learn;
    int64_t now = 0, operations = 0, open_end = -1;
    if (!control->ends) for (int phase = 0; phase < {len(program.phases)}; phase++) open_end += control->more[phase];
    for (int64_t trial = 0; trial < control->trials; trial++) {{
        bool first = true;
        int64_t step = 0;
        if (control->goes_on) {{
            {_lines(6, spikes)}
        }} else {{
            {_lines(6, fills)}
        }}
        {_lines(4, constant)}
        for (int phase = 0; phase < {len(program.phases)}; phase++) {{
            {_lines(6, _phase_constants(objects, array))}
            for (int64_t remaining = control->more[phase]; remaining-- > 0; first = false, step++, now++) {{
                const int ended = remaining || now == open_end ? {EVERY_STEP} : phase;
                cursor::look_at_parent();
                {array(CLOCK, "timestep")}[0] = now;
                {array(CLOCK, "t")}[0] = now;
                {_lines(8, every_step + empties)}
                {_lines(8, [_count(c, size, array) for c in layout.counted(program, afterwards=False)])}
                {_lines(8, _calls(objects, array))}
                {_lines(8, [_count(c, size, array) for c in layout.counted(program, afterwards=True)])}
                {_lines(8, [line for g in program.groups if g.is_input for line in _keep(program, g, array)])}
            }}
        }}
        {_lines(4, _past_end(program))}
        double nothing = 0;
        {_lines(4, checks)}
        if (nothing != 0) {{ control->broken = trial; break; }}
        control->operations = operations + cursor::late_operations;
        control->done = trial + 1;
    }}
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


def _count(counted: layout.Counted, sizes: Mapping[str, int], array: Callable[[str, str], str]) -> str:
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


def _calls(objects: Objects, array: Array) -> list[str]:
    """Calls of all code objects, and what is done between them.

    What arrives late is looked at when all outputs are there, before any is delivered. Probes record before what is
    assigned.
    """
    between = [
        ((SLOTS.index("deliver"), -2), _late(objects.program, array)),
        ((SLOTS.index("probe"), -1), recordings.recorded(objects.program, array)),
    ]
    lines: list[str] = []
    for o in objects.network.sorted_objects:
        while between and (SLOTS.index(o.when), o.order) > between[0][0]:
            lines += between.pop(0)[1]
        if o.active:
            condition = _condition(objects.gates.get(o.name, Gate()))
            lines += [f"{condition}_run_{code.name}();" for code in o.code_objects]
    return lines + [line for _, rest in between for line in rest]


def _by_spikes(program: Program, g: Group) -> bool:
    """Whether past spikes of a group are delivered as events."""
    return any(e.source == g.name and e.events for _, e in layout.late_edges(program))


def _by_values(program: Program, g: Group) -> bool:
    """Whether past outputs of a group are delivered as values."""
    return any(e.source == g.name and not e.events for _, e in layout.late_edges(program))


def pasts(program: Program) -> list[str]:
    """Lines that make room for what groups put out before, for synapses with delays."""
    lines = []
    for i, g in enumerate(program.groups):
        steps = program.pasts().get(g.name, 0)
        if _by_spikes(program, g):
            lines.append(f"cursor::spikes_before<{i}>() = {{{steps}, {g.size}}};")
        if _by_values(program, g):
            lines.append(f"cursor::PastValues {_values(g)}{{{steps}, {g.size}}};")
    return lines


def _values(g: Group) -> str:
    return f"{g.name}__before"


def _late(program: Program, array: Array) -> list[str]:
    """Lines that keep what populations put out, and show what arrives at synapses with delays."""
    lines = []
    for i, g in enumerate(program.groups):
        if _by_spikes(program, g):
            lines.append(_past_start(f"cursor::spikes_before<{i}>()", "past_spikes", g, ""))
        if _by_values(program, g):
            initial = "" if g.is_input else array(g.name, layout.delivered(g.output))
            lines.append(_past_start(_values(g), "past_values", g, initial))
        lines += [] if g.is_input else _keep(program, g, array)
    for _, e in layout.late_edges(program):
        if not e.events:
            near, delay, shown = (
                f"brian::{array(e.matrix, v)}"
                for v in (f"_synaptic_{'post' if e.transposed else 'pre'}", layout.DELAY, layout.LATE[e.transposed])
            )
            lines.append(f"cursor::arrive({_values(program.group(e.source))}, {near}, {delay}, {shown});")
    return lines


def _past_start(past: str, kind: str, g: Group, initial: str) -> str:
    return f'if (first && control->goes_on) {past}.go_on("{kind}.{g.name}"); else if (first) {past}.restart({initial});'


def _past_end(program: Program) -> list[str]:
    """Lines that leave what groups put out before."""
    lines = []
    for i, g in enumerate(program.groups):
        if _by_spikes(program, g):
            lines.append(f'if (control->trials == 1) cursor::spikes_before<{i}>().leave("left_spikes.{g.name}");')
        if _by_values(program, g):
            lines.append(f'if (control->trials == 1) {_values(g)}.leave("left_values.{g.name}");')
    return lines


def _keep(program: Program, g: Group, array: Array) -> list[str]:
    """Lines that keep what a group puts out in a step."""
    lines = []
    if _by_spikes(program, g):
        spikes, index = array(g.name, "_spikespace"), program.groups.index(g)
        lines.append(f"cursor::spikes_before<{index}>().push({spikes}, {spikes}[{g.size}]);")
    if _by_values(program, g):
        lines.append(f"{_values(g)}.push({array(g.name, layout.delivered(g.output))});")
    return lines


def _condition(gate: Gate) -> str:
    when = {EVERY_STEP: [], TRIAL_START: ["first"]}.get(gate.moment, [f"ended == {gate.moment}"])
    conditions = when + ["learn"] * gate.learns
    return f"if ({' && '.join(conditions)}) " if conditions else ""


def _phase_constants(objects: Objects, array: Callable[[str, str], str]) -> list[str]:
    phases = range(len(objects.program.phases))
    return [
        f"if (phase == {i}) {array(group, variable)}[0] = {array(group, layout.in_phase(variable, i))}[0];"
        for group, variable in layout.phased(objects.program)
        for i in phases
    ]


def _stimuli(objects: Objects, array: Callable[[str, str], str]) -> tuple[list[str], list[str], list[str]]:
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
