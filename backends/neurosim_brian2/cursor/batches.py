"""Lines of C++ for trials that learn in batches: what is added up over them, before the rules of a batch's last trial.

Each trial leaves its factors in rows. They are multiplied and added when all are there, so the weights of a batch stay
what they are, and a matrix is gone through once a batch.
"""

from __future__ import annotations

from neurosim.program.program import Program, Rule
from neurosim_brian2 import layout
from neurosim_brian2.layout import Factor, NameOfArray


def opened(program: Program) -> list[str]:
    """Lines that make room for the factors of all trials of a batch."""
    sizes = {g.name: g.size for g in program.groups}
    return [f"cursor::TrialRows {_rows(f)}({sizes[f.group]}, control->batch);" for f in layout.all_factors(program)]


def of_trial(program: Program) -> list[str]:
    """The line that tells whether a trial is the last of its batch."""
    last = "(trial + 1) % control->batch == 0 || trial + 1 == control->trials"
    return [f"const bool ends_batch = {last};"] if program.batch > 1 else []


def summed(program: Program, array: NameOfArray) -> list[str]:
    """Lines that keep the factors of a trial at its end, and add up all of them at the end of a batch."""
    if program.batch == 1:
        return []
    kept = [f"{_rows(f)}.keep({array(f.group, f.variable)});" for f in layout.all_factors(program)]
    places = [(i, k) for i, r in enumerate(program.rules) for k in range(len(r.sums))]
    sums = [line for place in places for line in _sum(program, *place, array)]
    emptied = [f"{_rows(f)}.count = 0;" for f in layout.all_factors(program)]
    ended = f"learn && ended == {len(program.phases) - 1}"
    return [f"if ({ended}) {{ {' '.join(kept)} }}", f"if ({ended} && ends_batch) {{ {' '.join([*sums, *emptied])} }}"]


def _rows(factor: Factor) -> str:
    return f"rows_of_{factor.group}_{factor.variable}"


def _sum(program: Program, index: int, total: int, array: NameOfArray) -> list[str]:
    rule = program.rules[index]
    name = rule.sums[total].name
    products = [", ".join(map(_rows, product)) for product in layout.factors(program, index, total)]
    if not rule.of_matrix:
        sums, size = array(rule.owner, layout.of_neuron(name)), program.group(rule.owner).size
        return [f"std::fill_n({sums}, {size}, 0.0);", *(f"cursor::add_rows({p}, {sums});" for p in products)]
    sums = array(rule.owner, layout.of_synapse(name))
    ends = _ends(program, rule, array)
    cleared = f"std::fill({sums}.begin(), {sums}.end(), 0.0);"
    return [cleared, *(f"cursor::add_products({p}{ends}, {sums});" for p in products)]


def _ends(program: Program, rule: Rule, array: NameOfArray) -> str:
    """The arguments that say which neurons each synapse of a sparse matrix has."""
    if program.matrix(rule.owner).wiring is None:
        return ""
    return "".join(f", brian::{array(rule.owner, f'_synaptic_{side}')}" for side in ("pre", "post"))
