"""Many trials at once: the statements of one trial on arrays with a row for each.

Blocks are for runs in which no rule fires, and for those that learn in batches: then each batch is a block. Where sums
are exact, a block's are one product of matrices. Where they are not, each trial's are its own product, so that every
bit is what it is when trials run one after another; a batch has no such order, and its products are of matrices.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate, pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neurosim.model.equations.expressions import fold, names_in, parse
from neurosim.program.program import Edge, Group, Matrix, Rule, TrialSum
from neurosim.program.run import Run
from neurosim.program.schedule import Array, Events
from neurosim.program.source.listing import (
    Place,
    RunFunction,
    end_of_phase,
    end_state,
    first_non_finite,
    indent,
    start_of_run,
    start_of_trial,
    step,
    stretches,
)
from neurosim.program.source.recorder import STATE, Recorder
from neurosim.program.source.statements import ENVIRONMENT, Statements, definitions, spelled
from neurosim.program.source.sums import Ends
from neurosim.program.source.synapses import Synapses, synapses_of
from neurosim.program.variables import VariableKey

MOST_TRIALS = 128
"""Trials of a block: so many that what a call of NumPy costs beside its work counts little."""

VALUES = 2**17
"""Values of a variable of a block at the most, about: a few variables stay in the processor's cache."""

STEPS = 40_000
"""Steps of all trials of a block at the most: progress is told after each block."""


def can_be_in_blocks(run: Run) -> bool:
    """Return whether a run has several trials that do not depend on each other, or learns in batches.

    What is late is kept trial by trial.
    """
    independent = run.count > 1 and not (run.learn and run.program.rules) and not run.program.pasts()
    return independent or run.learns_in_batches


def in_blocks(run: Run) -> Iterable[tuple[int, Run]]:
    """Yield the run in blocks, each with the index of its first trial."""
    trials = run.program.batch if run.learns_in_batches else _trials_of_a_block(run)
    for first in range(0, run.count, trials):
        yield first, run.part(first, first + trials)


def _trials_of_a_block(run: Run) -> int:
    widest = max([*(g.size for g in run.program.groups), *map(len, run.program.wirings().values())])
    return max(1, min(MOST_TRIALS, VALUES // widest, STEPS // max(run.steps, 1), run.trials_at_once))


def block_listing(run: Run, before_step: Sequence[str] = ()) -> str:
    """Return the source of ``run(count, first, stimuli, synapses, fixed, learned, records)`` for all trials at once.

    It does what `listing` says, with arrays of shape (trials, units) in the place of (units,); rules fire for all
    trials together.

    Parameters
    ----------
    before_step
        Lines before those of each step.
    """
    s = BlockStatements(run)
    lines = [*start_of_run(s), *_start_of_block(s), *start_of_trial(s)]
    for index, length in enumerate(run.lengths):
        if length:
            for first, stop, rules in stretches(s, index):
                in_step = [*before_step, *step(s, index, rules)]
                lines += [f"for step in range({first}, {stop}):", *indent(1, in_step)]
            lines += end_of_phase(s, index)
    lines += _end_of_block(s) if run.steps else []
    lines += end_state(s, run.program.groups) if run.learns_in_batches else []
    lines.append(s.counted())
    head = "def run(count, first, stimuli, synapses, fixed, learned, records):"
    return "\n".join([head, *indent(1, [*lines, "return -1"])])


def _start_of_block(s: Statements) -> list[str]:
    events = [f"'{v}': by_step(stimuli['{v}'])" for v, kind in s.program.stimuli if kind == "events"]
    spikes = [f"'{q.name}': []" for q in s.program.probes if q.variable == "spike"]
    return [f"arriving = {{{', '.join(events)}}}", f"spikes = {{{', '.join(spikes)}}}"]


def _end_of_block(s: Statements) -> list[str]:
    lines = ["for name in spikes:", "    records[name] += by_trial(spikes[name], count)"]
    states = [f"{g.name}__{v}" for g in s.program.groups for v, _ in g.state]
    if states:
        exact = " & ".join(f"isfinite({v}).all(1)" for v in states)
        lines += [f"finite = {exact}", "if not finite.all():", "    return first + finite.argmin()"]
    return lines


class BlockStatements(Statements):
    """Statements of which every array but the learned and the fixed ones has a row for each trial."""

    trial: ClassVar[str] = ":"
    recorded: ClassVar[str] = "first:first + count"
    spikes: ClassVar[str] = "spikes"

    def filled(self, size: int, value: str) -> str:
        """Return the text of a new array of shape (trials, size)."""
        return f"full((count, {size}), {value})"

    def kept(self, state: str) -> str:
        """Return the text of a copy of the state that a run of one trial goes on from, with a row for it."""
        return f"records['{STATE}']['{state}'][None].copy()"

    def has_shape(self, group: Group, names: Collection[str]) -> bool:
        """Return whether an expression with these names has a row for each trial; parameters of neurons have none."""
        return not _without_rows(group).issuperset(names)

    def spiking(self, variable: str) -> list[str]:
        """Return the lines that set a stimulus of spikes, as 0 and 1."""
        name, size = spelled(variable), self.groups[VariableKey.from_text(variable).owner].size
        return [f"{name} = zeros((count, {size}))", f"{name}[arriving['{variable}'][step]] = 1.0"]

    def fired(self, group: Group) -> str:
        """Return the line that finds the trials and neurons that fired, two arrays of shape (spikes,)."""
        return f"{group.name}__fired = {group.name}__out.nonzero()"

    def any_fired(self, group: Group) -> str:
        """Return the text of the number of spikes."""
        return f"{group.name}__fired[0].size"

    def where_fired(self, group: Group, variable: str) -> str:
        """Return the text of the values of a variable where neurons fired."""
        which = f"{group.name}__fired[1]" if variable in _without_rows(group) else f"{group.name}__fired"
        return f"{group.name}__{variable}[{which}]"

    def loud(self, values: str, large: bool) -> str:
        """Return the text of the number of values that are not zero; a block is a large array."""
        return super().loud(values, large=True)

    def synapses_lines(self, matrix: Matrix) -> list[str]:
        """Return the line that names the synapses of a sparse matrix, for all trials of a block."""
        if matrix.wiring is None:
            return []
        return [f"{self.synapses(matrix.name)} = BlockSynapses(synapses['{matrix.name}'], count)"]

    def product(self, e: Edge, weight: str, source: str) -> str:
        """Return the text of the sums that an edge delivers, of shape (trials, size of the target)."""
        if self.matrices[e.matrix].wiring is not None:
            return super().product(e, weight, source)
        if self.program.grid is not None or self.run.learns_in_batches:
            return f"dot({source}, {weight}.T)" if e.transposed else f"dot({source}, {weight})"
        return f"array([{super().product(e, weight, 'one')} for one in {source}])"

    def learn_together(self, rule: Rule, constants: Mapping[str, float]) -> list[str]:
        """Return the lines that add up over the trials, then write a rule's new values into its arrays."""
        if not rule.of_matrix:
            own, group = f"{rule.owner}__", self.groups[rule.owner]
            sums = [self._sum_of_rows(group, s, constants) for s in rule.sums]
            return sums + self._learn_elementwise(rule, constants, own)
        matrix = self.matrices[rule.owner]
        sums = [self._sum_of_products(matrix, s, constants) for s in rule.sums]
        return [*sums, *self._learn_in_parts(rule, matrix, constants), *self.effective(matrix)]

    def _sum_of_rows(self, group: Group, total: TrialSum, constants: Mapping[str, float]) -> str:
        """Return the line that adds up f over products and trials, for each neuron."""
        factors = (self._factor(group, f, constants, f"{group.name}__") for (f,) in total.products)
        return f"{group.name}__{total.name} = {' + '.join(f'{f}.sum(0)' for f in factors)}"

    def _sum_of_products(self, matrix: Matrix, total: TrialSum, constants: Mapping[str, float]) -> str:
        """Return the line that adds up f(pre)*g(post) over products and trials, for each synapse: one product."""
        spell = self._spell(matrix, "", "")
        ends = self.groups[matrix.pre], self.groups[matrix.post]
        f, g = (
            _stacked([self._factor(end, text, constants, spell) for text in texts])
            for end, texts in zip(ends, zip(*total.products, strict=True), strict=True)
        )
        product = f"dot({f}.T, {g})" if matrix.wiring is None else f"{self.synapses(matrix.name)}.products({f}, {g})"
        return f"{matrix.name}__{total.name} = {product}"

    def _learn_in_parts(self, rule: Rule, matrix: Matrix, constants: Mapping[str, float]) -> list[str]:
        """Return the lines for new values, some rows at a time, which stay in the processor's cache."""
        arrays = [*(v for v, _ in matrix.state), *matrix.fixed, *(s.name for s in rule.sums)]
        spell = {v: f"{matrix.name}__{v}[rows]" for v in arrays}
        lines = [f"new__{v} = {self._expression(t, constants, spell)}" for v, t in rule.update]
        lines += [f"{spell[v]} = new__{v}" for v, _ in rule.update]
        return [f"for rows in parts({matrix.name}__{rule.update[0][0]}):", *indent(1, lines)]

    def _factor(self, group: Group, text: str, constants: Mapping[str, float], spell: Mapping[str, str] | str) -> str:
        """Return the text of a factor, of shape (trials, units)."""
        printed = self._expression(text, constants, spell)
        names = {n.rpartition(".")[2] for n in names_in(fold(parse(text), constants))}
        return f"({printed})" if self.has_shape(group, names) else self.filled(group.size, printed)


def _without_rows(group: Group) -> set[str]:
    """Return the variables of a group that are the same for all trials."""
    return {*(v for v, _ in group.learned), *group.fixed}


def _stacked(texts: Sequence[str]) -> str:
    """Return the text of factors below each other: a sum over products is one over more trials."""
    return texts[0] if len(texts) == 1 else f"concatenate(({', '.join(texts)}))"


class BlockSynapses:
    """The synapses of a sparse matrix for a block of trials: what arrives and what is delivered has a row for each.

    Parameters
    ----------
    count
        Number of trials.
    """

    def __init__(self, synapses: Synapses, count: int):
        self._of_a_trial, self._count = synapses, count
        self.fan_out, self.fan_in = synapses.fan_out, synapses.fan_in
        self.count, self.of_each = synapses.count, synapses.of_each

    @cached_property
    def _targets(self) -> NDArray[np.intp]:
        return self._in_rows(self._of_a_trial.post, self._of_a_trial.targets)

    @cached_property
    def _sources(self) -> NDArray[np.intp]:
        return self._in_rows(self._of_a_trial.pre, self._of_a_trial.sources)

    def _in_rows(self, units: NDArray[np.intp], size: int) -> NDArray[np.intp]:
        """Return units as indices into the flat array of a row of `size` for each trial; flat, trial by trial."""
        return (np.arange(self._count)[:, None] * size + units).ravel()

    def into_targets(self, source: Array, weight: Array) -> Array:
        """Sum w*source over the synapses of each target, of shape (trials, targets)."""
        return self._sums(self._targets, source[:, self._of_a_trial.pre] * weight, self._of_a_trial.targets)

    def into_sources(self, target: Array, weight: Array) -> Array:
        """Sum w*target over the synapses of each source, of shape (trials, sources)."""
        return self._sums(self._sources, target[:, self._of_a_trial.post] * weight, self._of_a_trial.sources)

    def spikes_into_targets(self, spikes: Array, weight: Array) -> Array:
        """Sum w over the synapses of each target whose source fired, for weights that are finite."""
        return self._of_spikes(self._of_a_trial.rows, spikes, weight, self._of_a_trial.targets)

    def spikes_into_sources(self, spikes: Array, weight: Array) -> Array:
        """Sum w over the synapses of each source whose target fired, for weights that are finite."""
        return self._of_spikes(self._of_a_trial.columns, spikes, weight, self._of_a_trial.sources)

    def products(self, pre: Array, post: Array) -> Array:
        """Sum pre*post over the trials for each synapse, of shape (synapses,)."""
        sums = np.zeros(len(self._of_a_trial.pre))
        for f, g in zip(pre, post, strict=True):  # a trial at a time, for all at once may fit no memory
            sums += f[self._of_a_trial.pre] * g[self._of_a_trial.post]
        return sums

    def _of_spikes(self, near: Ends, spikes: Array, weight: Array, size: int) -> Array:
        trial, fired = spikes.nonzero()
        places, positions = near.of(fired)
        units = np.repeat(trial * size, near.counts[fired]) + near.far[places]
        return self._sums(units, weight[positions], size)

    def _sums(self, units: NDArray[np.integer], terms: Array, size: int) -> Array:
        sums = np.bincount(units, terms.ravel(), self._count * size)
        return np.asarray(sums, dtype=np.float64).reshape(self._count, size)


Places = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Trials and units, as they index an array with a row for each trial."""


def by_step(events: Events) -> list[Places]:
    """Return, for each step, the trials and the units that spike in it: two arrays of shape (spikes,)."""
    step, units = events.pairs().T
    trial, step = np.divmod(step, max(events.steps, 1))
    order = np.argsort(step, kind="stable")
    starts = np.searchsorted(step[order], np.arange(events.steps + 1)).tolist()
    trial, units = trial[order], units[order]
    return [(trial[a:b], units[a:b]) for a, b in pairwise(starts)]


def by_trial(fired: Sequence[Places], count: int) -> list[NDArray[np.intp]]:
    """Return the units that fired in each step of the first trial, then of the next, and so on.

    Parameters
    ----------
    fired
        For each step, the trials and the units that fired: two arrays of shape (spikes,), int.
    count
        Number of trials.
    """
    step = np.repeat(np.arange(len(fired)), [len(units) for _, units in fired])
    trial, units = (np.concatenate(parts) for parts in zip(*fired, strict=True))
    places = trial * len(fired) + step
    units = units[np.argsort(places, kind="stable")]
    stops = accumulate(np.bincount(places, minlength=count * len(fired)).tolist(), initial=0)
    return [units[a:b] for a, b in pairwise(stops)]


def compiled(run: Run, before_step: Sequence[str] = ()) -> RunFunction:
    """Return the function whose source is a run's block listing."""
    return definitions(block_listing(run, before_step), SCOPE)["run"]  # type: ignore[no-any-return]


SCOPE: Mapping[str, object] = {**ENVIRONMENT, "by_step": by_step, "by_trial": by_trial, "BlockSynapses": BlockSynapses}
"""The names that a block's statements may call."""


def first_non_finite_of_batches(run: Run, learned: Mapping[str, Array]) -> Place | None:
    """Return the first state or weight that is not finite in a run that learns in batches; None where all are finite.

    Within the batch that goes wrong, its trials are looked at one by one; they have the same weights.

    Parameters
    ----------
    learned
        Arrays as they were before the run; they are not changed.
    """
    function, synapses, records = compiled(run), synapses_of(run.program), Recorder(run).arrays
    arrays = {n: a.copy() for n, a in learned.items()}
    with np.errstate(all="ignore"):
        for first, part in in_blocks(run):
            before = {n: a.copy() for n, a in arrays.items()}
            failed = function(part.count, first, part.stimuli, synapses, run.fixed, arrays, records) >= 0
            wrong = next((n for n, a in arrays.items() if not np.isfinite(a).all()), None)
            if failed or wrong is not None:
                place = first_non_finite(replace(part, learn=False), before)
                if place is not None:
                    owner, variable, trial, step, value = place
                    return owner, variable, first + trial, step, value
            if wrong is not None:
                owner, _, variable = wrong.partition(".")
                values = arrays[wrong]
                last = first + part.count - 1, run.steps - 1
                return owner, variable, *last, float(values[~np.isfinite(values)][0])
    return None
