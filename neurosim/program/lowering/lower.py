"""Network + schedule + mode + precision -> Program. Pure: the same description always gives the same program."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from graphlib import CycleError, TopologicalSorter
from itertools import permutations
from typing import cast

import numpy as np

from neurosim.edges.values import shown
from neurosim.errors import ModelError, nearest
from neurosim.model.connectivity import SharedWeights
from neurosim.model.equations.derived import following, follows_from
from neurosim.model.equations.expressions import (
    check,
    name,
    names_in,
    number,
    parse,
    rename,
    substitute,
    text_of,
)
from neurosim.model.equations.factoring import factored, outer_products
from neurosim.model.fixed import FixedArray
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Driven, Learned
from neurosim.program.arithmetic import in_precision
from neurosim.program.arithmetic.fixed_point import refuse_parameters_of_each
from neurosim.program.constants import ConstantKey, length_of
from neurosim.program.lowering.batches import with_sums
from neurosim.program.lowering.bounds import with_bounds
from neurosim.program.lowering.delays import check_delayed, past, rounded_up, with_past
from neurosim.program.lowering.extent import check_extent, expressions
from neurosim.program.lowering.sharing import split
from neurosim.program.lowering.unread import warn_of_unread
from neurosim.program.precision import FixedPoint, Float64, Precision
from neurosim.program.program import (
    Edge,
    Equations,
    Group,
    Matrix,
    Program,
    ProgramPhase,
    ProgramProbe,
    Rule,
    RuleMoment,
    Selection,
    added,
)
from neurosim.program.schedule import Probe, Schedule, StimulusKind
from neurosim.program.variables import VariableKey


def lower(network: Network, schedule: Schedule, mode: str | None = None, precision: Precision | None = None) -> Program:
    """Make the program of a network in one mode under a schedule.

    Parameters
    ----------
    mode
        Needed where the network has several.
    precision
        `Float64` (default), `Float32`, `Grid` or `FixedPoint`.

    Raises
    ------
    ModelError
        For a stimulus, probe, phase constant or rule that refers to something that is not there; for rules that
        would write one variable in one step; for an output that the number format cannot have.
    EquationError
        For an expression that is too much for a backend, see `neurosim.program.lowering.extent`.
    """
    if not isinstance(network, Network):
        raise ModelError(f"lower: {shown(network)}; expected a Network")
    if not isinstance(schedule, Schedule):
        raise ModelError(f"lower: {shown(schedule)}; expected a Schedule")
    if not isinstance(precision, Precision | None):
        raise ModelError(f"lower: {shown(precision)}; expected Float64(), Float32(), Grid() or FixedPoint()")
    mode = _choose_mode(network, mode)
    exact = _Lowering(network, schedule, mode).program()
    warn_of_unread(exact)
    if schedule.batch > 1:
        exact = with_sums(exact, schedule.batch)
    if isinstance(precision, FixedPoint):
        refuse_parameters_of_each(exact)
    return with_roundings(exact, precision or Float64())


def in_batches(program: Program, batch: int) -> Program:
    """Return a program that was lowered for trials that learn one by one, for batches of so many, at least 2.

    Raises
    ------
    ModelError
        For a rule that cannot be added up over trials, and for a program that was read from JSON.
    """
    if program.exact is None:
        raise ModelError("in_batches: this program has no equations without roundings; lower it with Schedule(batch=)")
    exact, precision = program.exact
    return with_roundings(with_sums(exact, batch), precision)


def with_roundings(exact: Program, precision: Precision) -> Program:
    """Return a program in a number format from the same program in float64.

    Raises
    ------
    ModelError
        For an output that the number format cannot have.
    EquationError
        For an expression that is too much for a backend.
    """
    written = list(expressions(exact))
    check_extent(written)  # before roundings are added to it, too: these repeat what they round
    program = in_precision(exact, precision)
    known = set(written)
    check_extent(e for e in expressions(program) if e not in known)
    return replace(with_bounds(program), exact=(exact, precision))


def _choose_mode(network: Network, mode: str | None) -> str:
    if mode is None and len(network.modes) == 1:
        return network.modes[0]
    if not isinstance(mode, str) or mode not in network.modes:
        raise ModelError(f"mode {shown(mode)}: the network needs one of its modes; {nearest(str(mode), network.modes)}")
    return mode


class _Lowering:
    """Lowers for float64; other number formats are equations that `arithmetic` adds."""

    def __init__(self, network: Network, schedule: Schedule, mode: str):
        self.network, self.schedule, self.mode = network, schedule, mode
        self.models = {
            p.name: with_past(p.name, p.model_in(mode), self._steps_kept(p.name)) for p in network.populations
        }
        self.fixed = {p.name: self._fixed(p) for p in network.populations}
        self.phase_index = {p.name: i for i, p in enumerate(schedule.phases)}
        self.stimuli = {
            self._resolved(v, "stimulus"): cast(StimulusKind, kind)  # the schedule has refused any other
            for v, kind in schedule.stimuli.items()
        }

    def program(self) -> Program:
        self._check_stimuli()
        phases = [self._phase(i) for i in range(len(self.schedule.phases))]
        probes = tuple(self._probe(q) for q in self.schedule.probes)
        rules = _in_reading_order([*self._rules_of_matrices(), *self._rules_of_groups()], self.network)
        edges = tuple(e for j in self.network.projections for e in self._edges(j, rules))
        live = self._live_states(phases, probes, rules, edges)
        phases = [replace(p, assign=tuple(a for a in p.assign if a[1] in live[a[0]])) for p in phases]
        arrived = self._read_as_arrived(rules)
        groups = tuple(self._group(p, live[p.name], p.name in arrived) for p in self.network.populations)
        matrices = tuple(self._matrix(j) for j in self.network.projections)
        return Program(
            mode=self.mode,
            groups=groups,
            matrices=matrices,
            edges=edges,
            rules=tuple(rules),
            phases=tuple(phases),
            probes=probes,
            stimuli=tuple((str(key), kind) for key, kind in self.stimuli.items()),
            grid=None,
            constants={str(key): float(value) for key, value in self._constants()},
            requires=tuple(self._requires()),
            fixed=dict(self._arrays(groups)),
        )

    # names

    def _resolved(self, text: str, what: str) -> VariableKey:
        """The variable of a population that `text` names, with the alias resolved."""
        if "." not in text:
            raise ModelError(f"{what} '{text}': expected POPULATION.VARIABLE")
        key = VariableKey.from_text(text)
        self.network.population(key.owner, f"{what} '{text}'")
        model = self.models[key.owner]
        if key.variable != "spike" and key.variable not in model.variables:
            raise ModelError(
                f"{what} '{text}': model {model.name} has no '{key.variable}'; {nearest(key.variable, model.variables)}"
            )
        return VariableKey(key.owner, model.alias.get(key.variable, key.variable))

    def _is_driven(self, population: str, variable: str) -> bool:
        return VariableKey(population, variable) in self.stimuli or self.models[population].is_input

    def _own(self, population: str, text: str) -> ast.expr:
        """Return an equation of a population with aliases resolved.

        Driven parameters without a stimulus have their default.
        """
        model = self.models[population]

        def change(n: str) -> ast.expr | None:
            n = model.alias.get(n, n)
            value = model.params.get(n)
            if isinstance(value, Driven) and not self._is_driven(population, n):
                return number(value.default)
            return name(n)

        return substitute(parse(text), change)

    # populations

    def _output(self, population: str) -> tuple[str, Equations]:
        """The delivered variable, and the equation that computes it where the output is an expression."""
        model = self.models[population]
        if model.output == "spike":
            return "spike", ()
        tree = self._own(population, model.output)
        stored = {*model.state, *(n for n in model.params if self._is_stimulus(population, n))}
        if isinstance(tree, ast.Name) and tree.id in stored:
            return tree.id, ()
        return "output", (("output", text_of(tree)),)

    def _is_stimulus(self, population: str, parameter: str) -> bool:
        return isinstance(self.models[population].params[parameter], Driven) and self._is_driven(population, parameter)

    def _text(self, population: str, text: str) -> str:
        return text_of(self._own(population, text))

    def _read_as_arrived(self, rules: list[Rule]) -> set[str]:
        """Return the populations of which a rule reads what was delivered without a delay, as `arrived`."""
        owners = {
            r.owner for r in rules if r.of_matrix and any("arrived" in names_in(parse(t)) for _, t in r.equations)
        }
        return {j.pre for j in self.network.projections if j.name in owners and not self._longest_delay(j)}

    def _group(self, p: Population, live: set[str], arrived: bool) -> Group:
        model = self.models[p.name]
        output, present = self._output(p.name)
        return Group(
            name=p.name,
            size=p.size,
            state=tuple(
                (n, 0.0 if self._start(p, n) in p.initial else float(x)) for n, x in model.state.items() if n in live
            ),
            constants=tuple(n for n in (*model.constants, *model.derived) if n not in self.fixed[p.name]),
            learned=tuple((n, v.initial) for n, v in model.params.items() if isinstance(v, Learned)),
            driven=tuple(
                (n, v.default)
                for n, v in model.params.items()
                if self._is_stimulus(p.name, n) and isinstance(v, Driven)
            ),
            present=present,
            update=tuple((n, self._text(p.name, t)) for n, t in model.update.items() if n in live),
            spike=None if model.spike is None else self._text(p.name, model.spike),
            reset=tuple((n, self._text(p.name, t)) for n, t in model.reset.items() if n in live),
            output=output,
            ports=tuple(model.ports),
            arrived=arrived,
            bound=0.0,
            derived=tuple(model.derived.items()),
            fixed=self.fixed[p.name],
            initial=tuple(n for n in model.state if n in live and self._start(p, n) in p.initial),
        )

    def _fixed(self, p: Population) -> tuple[str, ...]:
        """Return the constants with a value for each neuron: those that are given, then those that follow from them."""
        model = self.models[p.name]
        given = tuple(n for n in p.parameters if n in model.constants)
        return (*given, *following(model.derived, given))

    def _start(self, p: Population, state: str) -> str:
        """Return the state whose initial values a state has: its own, or the output's if it keeps older outputs."""
        model = self.models[p.name]
        return state if state in p.model_in(self.mode).state else model.output

    def _arrays(self, groups: Iterable[Group]) -> Iterable[tuple[str, FixedArray]]:
        """Yield the arrays that a run is given, by ``group.name`` and ``matrix.name``."""
        for g in groups:
            p = self.network.population(g.name)
            yield from ((f"{g.name}.{n}", p.fixed[n]) for n in g.fixed if n in p.parameters)
            yield from ((f"{g.name}.{n}", p.fixed[self._start(p, n)]) for n in g.initial)
        for j in self.network.projections:
            yield from ((f"{j.name}.{n}", array) for n, array in j.fixed.items())

    def _live_states(
        self,
        phases: list[ProgramPhase],
        probes: tuple[ProgramProbe, ...],
        rules: list[Rule],
        edges: tuple[Edge, ...],
    ) -> dict[str, set[str]]:
        """States that something delivered, tested, learned from or recorded depends on."""
        read = {(q.group, q.variable) for q in probes} | {(e.source, e.variable) for e in edges}
        read = read.union(*(_reads(r, self.network) for r in rules))
        live = {}
        for p in self.network.populations:
            model = self.models[p.name]
            writers = [*model.update.items(), *model.reset.items()]
            writers += [(v, text) for phase in phases for g, v, text in phase.assign if g == p.name]
            output, present = self._output(p.name)
            roots = {v for g, v in read if g == p.name} | {output}
            roots |= set().union(*(names_in(parse(t)) for _, t in present))
            roots |= names_in(self._own(p.name, model.spike)) if model.spike else set()
            texts: dict[str, list[str]] = {}
            for v, text in writers:
                texts.setdefault(v, []).append(text)
            needed, to_follow = set(roots), list(roots)
            while to_follow:
                new = set().union(*(names_in(self._own(p.name, t)) for t in texts.get(to_follow.pop(), ()))) - needed
                needed |= new
                to_follow += new
            live[p.name] = needed & set(model.state)
        return live

    # projections

    def _matrix(self, j: Projection) -> Matrix:
        weight = text_of(parse(j.synapse.weight))
        state = tuple((n, float(x)) for n, x in j.initial.items())
        constants = tuple(n for n in j.synapse.params if n not in j.fixed)
        wiring, longest, fixed = self.network.wiring(j.name), self._longest_delay(j), tuple(j.fixed)
        kernel = j.connectivity.kernel if isinstance(j.connectivity, SharedWeights) else ()
        return Matrix(
            j.name, j.pre, j.post, state, constants, weight, wiring, longest_delay=longest, fixed=fixed, kernel=kernel
        )

    def _longest_delay(self, j: Projection) -> int:
        """The longest delay of synapses that have delays, rounded up, so that other wiring is the same program."""
        wiring = self.network.wiring(j.name)
        if wiring is None or wiring.delay is None:
            return 0
        for source in (j.pre, j.post) if j.is_reciprocal_in(self.mode) else (j.pre,):
            if not self.models[source].is_input:
                check_delayed(source, self.models[source])
        return rounded_up(j.longest_delay)

    def _edges(self, j: Projection, rules: list[Rule]) -> Iterable[Edge]:
        ends = [(j.pre, j.post, j.port, False)]
        if j.is_reciprocal_in(self.mode):
            ends.append((j.post, j.pre, j.reciprocal_port, True))
        last = len(self.schedule.phases) - 1
        changes_within = any(r.owner == j.name and not (r.when == "end" and r.phase == last) for r in rules)
        for source, target, port, transposed in ends:
            model = self.models[source]
            steady = all(self.stimuli.get(VariableKey(source, n), "constant") == "constant" for n in model.params)
            constant = model.is_input and steady and not changes_within and not self._moves(source, rules)
            kept = self._kept(j, source)
            constant = constant and not kept and not self._longest_delay(j)
            variable = past(kept) if kept else self._output(source)[0]
            events = variable == "spike" and not constant
            yield Edge(j.name, source, variable, target, port, transposed, events, constant)

    def _kept(self, j: Projection, source: str) -> int:
        """The number of the state in which a source keeps what a projection of all pairs delivers; 0 for its output.

        Without a delay an input delivers what it puts out in a step, others what they put out in the step before.
        """
        if j.delay is None or self.network.wiring(j.name) is not None:
            return 0
        if self.network.population(source).model_in(self.mode).is_input:
            return j.longest_delay + 1
        return j.longest_delay if j.longest_delay > 1 else 0

    def _steps_kept(self, population: str) -> int:
        """Return the age of the oldest output that a target needs, or a rule after the step that delivered it."""
        needed = [1]
        for j in self.network.projections:
            if population in (j.pre, j.post if j.is_reciprocal_in(self.mode) else j.pre):
                needed.append(self._kept(j, population))
            if j.pre == population and any(_reads_arrived(r) for r in j.rules_in(self.mode)):
                kept = self._kept(j, population)
                needed.append(kept + 1 if kept else 1)
        return max(needed)

    def _moves(self, population: str, rules: list[Rule]) -> bool:
        """Return whether a phase overrides a constant of the population, or a rule changes its learned parameters."""
        owners = {VariableKey.from_text(text).owner for phase in self.schedule.phases for text in phase.constants}
        return population in owners | {r.owner for r in rules}

    # rules

    def _rules_of_matrices(self) -> Iterable[Rule]:
        for j in self.network.projections:
            for rule in j.rules_in(self.mode):
                lowered = self._rule(j.name, rule, partial(self._side, j))
                yield self._shared(lowered, j) if isinstance(j.connectivity, SharedWeights) else lowered

    def _shared(self, rule: Rule, j: Projection) -> Rule:
        """Return a rule on shared weights: what a synapse adds, and what becomes of a weight."""
        constants, written = {*rule.constants, *j.synapse.params} - {*j.fixed}, [v for v, _ in rule.update]
        increments, update = [], []
        for variable, text in rule.update:
            where = f"projection {j.name}, rule {rule.name}, update of {variable}"
            of_synapse, of_weight = split(parse(text), variable, constants, written, where)
            increments.append((variable, of_synapse))
            update.append((variable, of_weight))
        return replace(rule, increments=tuple(increments), update=tuple(update), outer=(None,) * len(update))

    def _rules_of_groups(self) -> Iterable[Rule]:
        for p in self.network.populations:
            for rule in p.rules_in(self.mode):
                yield self._rule(p.name, rule, None)

    def _side(self, j: Projection, identifier: str) -> ast.expr | None:
        """Return what a name of `pre.*` or `post.*` stands for; None for one of the projection's own."""
        if identifier == "arrived" and (kept := self._kept(j, j.pre)):  # the update has moved on what was delivered
            return name(f"pre.{past(kept + 1)}")
        side, _, variable = identifier.rpartition(".")
        if not side:
            return None
        tree = self._own(j.pre if side == "pre" else j.post, variable)
        return rename(tree, {n: f"{side}.{n}" for n in names_in(tree)})

    def _rule(self, owner: str, rule: LearningRule, side_of: Callable[[str], ast.expr | None] | None) -> Rule:
        if rule.phase is not None and rule.phase not in self.phase_index:
            raise ModelError(
                f"{owner}, rule {rule.name}: at the end of phase '{rule.phase}', which the schedule does not have; "
                f"{nearest(rule.phase, self.phase_index)}"
            )
        update, outer = [], []
        for variable, text in rule.update.items():
            tree = self._own(owner, text) if side_of is None else substitute(parse(text), side_of)
            pairs = None
            if side_of is not None and rule.at != "post.spike":
                pairs = outer_products(tree, variable, set(rule.params))
                tree = tree if pairs is None else factored(variable, pairs)
            update.append((variable, text_of(tree)))
            outer.append(pairs)
        when: RuleMoment = "end" if rule.phase is not None else "spike" if rule.at == "post.spike" else "step"
        phase = self.phase_index[rule.phase] if rule.phase is not None else -1
        of_matrix = side_of is not None
        constants, products = tuple(rule.params), tuple(outer)
        estimate = self._estimate(owner, rule, side_of)
        return Rule(owner, rule.name, of_matrix, when, phase, tuple(update), constants, products, estimate=estimate)

    def _estimate(self, owner: str, rule: LearningRule, side_of: Callable[[str], ast.expr | None] | None) -> str:
        if not rule.estimate:
            return ""
        resolved = self._own(owner, rule.estimate) if side_of is None else substitute(parse(rule.estimate), side_of)
        return text_of(resolved)

    # schedule

    def _phase(self, index: int) -> ProgramPhase:
        phase = self.schedule.phases[index]
        where = f"phase {phase.name}"
        overrides = [self._overridden(text, where) for text in phase.constants]
        overrides += self._following(overrides)
        assigned = [(key, text) for target, text in phase.assign.items() for key in self._states_named(target, where)]
        checked = []
        for key, text in assigned:
            check(text, self.models[key.owner].variables, f"{where}, assignment of {key}")
            checked.append((key.owner, key.variable, self._text(key.owner, text)))
        return ProgramPhase(phase.name, tuple(map(str, overrides)), tuple(checked))

    def _overridden(self, text: str, where: str) -> ConstantKey:
        """The constant of a population that a phase gives a value of its own."""
        key = self._resolved(text, f"{where}, constant")
        model = self.models[key.owner]
        if key.variable in model.derived:
            sources = ", ".join(follows_from(model.derived, key.variable))
            raise ModelError(f"{where}: '{text}' is derived; set what it follows from: {sources}")
        if key.variable not in model.constants:
            raise ModelError(f"{where}: '{text}' is not a constant of model {model.name}")
        for n in (key.variable, *following(model.derived, [key.variable])):
            if n in self.fixed[key.owner]:
                raise ModelError(
                    f"{where}: '{text}' would change '{n}', which has a value for each neuron of {key.owner}, the same "
                    "in every phase; leave it out of the phase, or give the population a number"
                )
        return ConstantKey(key.owner, key.variable)

    def _following(self, overrides: list[ConstantKey]) -> list[ConstantKey]:
        """The derived constants that follow from some that a phase overrides."""
        return [
            ConstantKey(population, n)
            for population, model in self.models.items()
            for n in model.derived
            if any(ConstantKey(population, source) in overrides for source in follows_from(model.derived, n))
        ]

    def _states_named(self, target: str, where: str) -> list[VariableKey]:
        """The states that an assignment sets: of the population that it names, or of every one that has the state."""
        population, dot, variable = target.rpartition(".")
        if dot:
            self.network.population(population, f"{where}, assignment of {target}")
        candidates = [population] if dot else list(self.models)
        keys = [VariableKey(p, variable) for p in candidates if variable in self.models[p].state]
        if not keys:
            known = set().union(*(self.models[p].state for p in candidates))
            raise ModelError(f"{where}: no state '{target}' to assign; {nearest(variable, known)}")
        return keys

    def _probe(self, probe: Probe) -> ProgramProbe:
        where = f"probe '{probe.name}'"
        key, size = self._recorded(probe, where)
        selection = None
        if probe.units is not None:
            units = np.array(probe.units, dtype=np.int64)
            if units.max() >= size:
                raise ModelError(f"{where}: unit {units.max()} of {key.owner}; expected 0 to {size - 1}")
            selection = Selection(units.astype(np.int32))
        if probe.at == "step":
            if key.variable == "spike" and probe.every > 1:
                raise ModelError(f"{where}: every = {probe.every}; spikes are recorded at every step")
            return ProgramProbe(probe.name, key.owner, key.variable, "step", -1, probe.every, selection)
        if probe.phase not in self.phase_index:
            moments = ["step", *(f"end:{n}" for n in self.phase_index)]
            raise ModelError(f"{where}: at={probe.at!r}; {nearest(probe.at, moments)}")
        if key.variable == "spike":
            raise ModelError(f"{where}: spikes are recorded at every 'step'")
        phase = self.phase_index[probe.phase]
        return ProgramProbe(probe.name, key.owner, key.variable, "end", phase, selection=selection)

    def _recorded(self, probe: Probe, where: str) -> tuple[VariableKey, int]:
        """What a probe records, with the alias resolved, and of how many neurons or synapses it is."""
        owner, _, variable = probe.variable.partition(".")
        projection = next((j for j in self.network.projections if j.name == owner), None)
        if projection is not None:
            if variable not in projection.synapse.state:
                choices = nearest(variable, projection.synapse.state)
                raise ModelError(f"{where}: only learned variables of a projection can be recorded; {choices}")
            return VariableKey(owner, variable), math.prod(self.network.learned()[probe.variable].shape)
        key = self._resolved(probe.variable, where)
        model, size = self.models[key.owner], self.network.population(key.owner).size
        if key.variable == "spike" and model.spike is None:
            raise ModelError(f"{where}: {key.owner} does not spike in mode {self.mode}")
        can = [*model.state, *(n for n, v in model.params.items() if isinstance(v, Learned))]
        if key.variable != "spike" and key.variable not in can:
            raise ModelError(
                f"{where}: only states, spikes and what is learned can be recorded; {nearest(key.variable, can)}"
            )
        return key, size

    def _check_stimuli(self) -> None:
        for key in self.stimuli:
            model = self.models[key.owner]
            can = [n for n, v in model.params.items() if isinstance(v, Driven)]
            if key.variable not in can:
                raise ModelError(
                    f"stimulus '{key}': not a driven parameter of {model.name}; {nearest(key.variable, can)}"
                )
        stimulated = {key.owner for key in self.stimuli}
        for population, model in self.models.items():
            if model.is_input and population not in stimulated:
                raise ModelError(f"input population {population} has no stimulus in the schedule")

    def _requires(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Yield what has conditions of its constants, and the conditions."""
        for part in self.network.parts:
            own = part.model_in(self.mode) if isinstance(part, Population) else part.synapse
            named = [
                (part.name, own.requires),
                *((f"{part.name}.{r.name}", r.requires) for r in part.rules_in(self.mode)),
            ]
            yield from ((name, tuple(conditions)) for name, conditions in named if conditions)

    def _constants(self) -> Iterable[tuple[ConstantKey, float]]:
        """The run arguments and their default values."""
        for part in self.network.parts:
            own = self.models[part.name].constants if isinstance(part, Population) else part.synapse.params
            yield from ((ConstantKey(part.name, n), value) for n, value in own.items() if n not in part.parameters)
            for rule in part.rules_in(self.mode):
                yield from ((ConstantKey(part.name, n, rule.name), value) for n, value in rule.params.items())
        for phase in self.schedule.phases:
            yield length_of(phase.name), phase.steps
            for text, value in phase.constants.items():
                key = self._resolved(text, "constant")
                yield ConstantKey(key.owner, key.variable, phase=phase.name), value


def _reads_arrived(rule: LearningRule) -> bool:
    return any("arrived" in names_in(parse(text)) for text in rule.update.values())


def _reads(rule: Rule, network: Network) -> set[tuple[str, str]]:
    """(population or projection, variable) pairs that a rule reads."""
    ends = {j.name: {"pre": j.pre, "post": j.post} for j in network.projections}
    names = set().union(*(names_in(parse(t)) for _, t in rule.equations)) - {"arrived", *rule.constants}
    names -= {added(v) for v, _ in rule.increments}
    split = [n.rpartition(".") for n in names]
    return {(ends[rule.owner][side] if side else rule.owner, variable) for side, _, variable in split}


def _in_reading_order(rules: list[Rule], network: Network) -> list[Rule]:
    """Order rules so that none reads what one before it wrote in the same step.

    Raises
    ------
    ModelError
        For rules that no order suits.
    """
    order = TopologicalSorter({i: set() for i in range(len(rules))})
    for (i, a), (k, b) in permutations(enumerate(rules), 2):
        if a.when == b.when == "end" and a.phase != b.phase:
            continue
        written = {(a.owner, v) for v, _ in a.update}
        both = written & {(b.owner, v) for v, _ in b.update}
        if both:
            raise ModelError(f"{a.owner}: rules {a.name} and {b.name} write '{both.pop()[1]}' in the same step")
        if written & _reads(b, network):
            order.add(i, k)
    try:
        return [rules[i] for i in order.static_order()]
    except CycleError as error:
        a, b = (rules[i] for i in error.args[1][:2])
        raise ModelError(
            f"rules {a.full_name} and {b.full_name} each read what the other writes in the same step; "
            "make them one rule"
        ) from None
