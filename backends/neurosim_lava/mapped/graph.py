"""A network as the graph that `neurosim map` shows: why each process is what it is, and what a chip would need.

What public Lava has for Loihi is LIF and Dense with the chip's number formats, and learning rules for LearningDense; it
has no compiler for neuron microcode. So a process of ours is one for the CPU beside a chip, whatever its equations.
"""

from __future__ import annotations

from neurosim.backend.process_graph import Connection, Process, ProcessGraph
from neurosim.program.program import Edge, Group
from neurosim.program.run import Run
from neurosim_lava.mapped.process_network import MappedProcess, Wire, firing, process_network

CUSTOM = "ours"


def graph(run: Run) -> ProcessGraph:
    """The processes of a run and what they send each other."""
    network = process_network(run)
    return ProcessGraph(tuple(_process(run, p) for p in network.parts), tuple(_connection(w) for w in network.wires))


def _process(run: Run, p: MappedProcess) -> Process:
    stock = p.choice.stock
    made = p.choice.model if stock else CUSTOM
    if isinstance(p.of, Edge):
        shape = run.program.group(p.of.source).size, run.program.group(p.of.target).size
        why = f"{p.choice.why}; a second copy, of the transposed weights" if p.of.transposed else p.choice.why
        return Process(p.name, "projection", made, stock, why, shape, stock, _direction_on_chip(run, p, p.of))
    kind = "recorder" if p.recorder else "input" if p.of.is_input else "population"
    return Process(p.name, kind, made, stock, p.choice.why, (p.of.size,), stock, _population_on_chip(p, p.of))


def _population_on_chip(p: MappedProcess, g: Group) -> str:
    if p.choice.stock:
        return "Loihi's neuron; decays in 12 bits, bias in 13 and 3, threshold in 17"
    if p.recorder:
        return "the CPU reads the spikes"
    if g.is_input:
        return "the CPU sends the stimuli"
    return "needs microcode of Loihi 2, for which public Lava has no compiler"


def _direction_on_chip(run: Run, p: MappedProcess, e: Edge) -> str:
    twice = "; symmetric weights take synaptic memory twice" if e.transposed else ""
    if p.choice.stock:
        graded = "" if e.events else "; graded messages, which Loihi 2 has"
        return f"synapses; weights in 8 bits with one exponent{graded}{twice}"
    if firing(run, e.matrix):
        kept = "; the chip's two copies would have to learn the same" if _has_mirror(run, e.matrix) else ""
        return f"learns on the CPU{kept}"
    matrix = run.program.matrix(e.matrix)
    if matrix.kernel and matrix.is_stored:
        return f"shared weights: a Loihi 2 core can hold a kernel once, a Sparse each synapse{twice}"
    if not matrix.is_plain:
        return f"the CPU computes what is delivered, a Dense could hold it{twice}"
    return f"not all pairs: Lava's Sparse could hold it{twice}"


def _has_mirror(run: Run, matrix: str) -> bool:
    return any(e.matrix == matrix and e.transposed for e in run.program.edges)


def _connection(w: Wire) -> Connection:
    when = {"rules": "where a rule fires"}.get(w.kind, "once a trial" if w.once else "every step")
    return Connection(w.source, w.target, w.kind, w.variables, w.shape, when)
