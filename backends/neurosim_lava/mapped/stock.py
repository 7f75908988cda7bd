"""Which populations and projections can be Lava's own processes: those whose equations are theirs, whatever their name.

A recogniser looks at one population or one direction of a projection in one run, and gives Lava's process with its
settings, or the reason why it is not that one. Where none finds its process, one of ours executes the equations.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, TypeGuard

from neurosim.model.equations.expressions import fold, parse, value_of
from neurosim.program.program import Edge, Group, Rule
from neurosim.program.run import Run
from neurosim_lava.mapped.templates import Bound, matched


@dataclass(frozen=True)
class Choice:
    """``custom``, or the name of a process of Lava with its settings; and why."""

    model: str
    why: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stock(self) -> bool:
        """Whether it is a process of Lava's own."""
        return self.model != "custom"


def of_population(run: Run, g: Group, read_by_rules: bool) -> Choice:
    """Lava's process for a population, or ours; `read_by_rules` if rules of this run need its variables."""
    if g.is_input:
        return Choice("custom", "Lava has no process that reads stimuli trial by trial")
    return _first_found([recognise(run, g, read_by_rules) for recognise in POPULATIONS])


def of_direction(run: Run, e: Edge, rules: Sequence[Rule]) -> Choice:
    """Lava's process for one direction of a projection, or ours; `rules` are those of the projection in this run."""
    return _first_found([recognise(run, e, rules) for recognise in DIRECTIONS])


def _first_found(answers: Sequence[Choice | str]) -> Choice:
    choices = [a for a in answers if isinstance(a, Choice)]
    return choices[0] if choices else Choice("custom", "; ".join(map(str, answers)))


# Lava's LIF


def lif(run: Run, g: Group, read_by_rules: bool) -> Choice | str:
    """u' = u*(1 - du) + a, v' = v*(1 - dv) + u' + bias; spike where v' > vth; then v' = 0."""
    if g.output != "spike" or len(g.ports) != 1 or len(g.state) not in (1, 2):
        return "not a LIF, which has one port, a current and a membrane, and delivers spikes at once"
    if g.fixed or g.initial:
        return "a constant or an initial value differs between its neurons"
    if read_by_rules:
        return "a rule of this run reads or changes its variables"
    if any(q.group == g.name and q.variable != "spike" for q in run.program.probes):
        return "a probe records its state"
    if any(a[0] == g.name for p in run.program.phases for a in p.assign):
        return "a phase assigns its state"
    phases = [p.name for p, length in zip(run.program.phases, run.lengths, strict=True) if length]
    by_phase = [_as_lif(run, g, phase) for phase in phases] or [_as_lif(run, g, None)]
    if by_phase[0] is None:
        return "not the equations of LIF"
    if any(settings != by_phase[0] for settings in by_phase):
        return "a phase has other constants"
    return Choice("LIF", "its equations are those of LIF, operation by operation", by_phase[0])


def _as_lif(run: Run, g: Group, phase: str | None) -> dict[str, Any] | None:
    """LIF's settings, if the equations with the constants of a phase are its own."""
    constants, initial = run.values(g.name, phase), dict(g.state)
    update = {n: fold(parse(t), constants) for n, t in g.update}
    reset = {n: fold(parse(t), constants) for n, t in g.reset}
    if set(update) != set(initial) or len(reset) != 1:
        return None
    [(v, after)] = reset.items()
    u = next((n for n in initial if n != v), None)  # a current that lasts no step is no state
    threshold = _threshold(v, fold(parse(g.spike or ""), constants))
    if not _is_zero(after) or threshold is None:
        return None
    for bound in _dynamics(u, v, g.ports[0], update):
        of_u, of_v, bias = (bound[f"lif.{n}"] for n in ("of_u", "of_v", "bias"))
        bias = f"{g.name}.{bias}" if bias in dict(g.learned) else bias
        if _is_decay(of_u) and _is_decay(of_v) and (isinstance(bias, float) or bias.startswith(f"{g.name}.")):
            start = {"u0": initial[u] if u else 0.0, "v0": initial[v]}
            names = {"u_name": f"{g.name}.{u}" if u else None, "v_name": f"{g.name}.{v}"}
            return {"du": 1.0 - of_u, "dv": 1.0 - of_v, "vth": threshold, "bias": bias, **start, **names}
    return None


def _is_decay(factor: float | str) -> TypeGuard[float]:
    """LIF takes 1 - factor from 1 again, which has to give the same bits; and nothing may grow for ever."""
    return isinstance(factor, float) and 0 <= factor <= 1 and 1.0 - (1.0 - factor) == factor


def _threshold(v: str, spike: ast.expr) -> float | None:
    """What v has to exceed; v >= theta is v > the largest number below theta."""
    above, at = matched(f"{v} > lif.vth", spike), matched(f"{v} >= lif.vth", spike)
    theta = (above or at or {}).get("lif.vth")
    if not isinstance(theta, float):
        return None
    return theta if above else math.nextafter(theta, -math.inf)


def _dynamics(u: str | None, v: str, port: str, update: Mapping[str, ast.expr]) -> Iterable[Bound]:
    """What the factors and the bias are; folding has dropped a factor of 1, a product with 0, and a bias of 0."""
    currents: dict[str, Bound] = {port: {"lif.of_u": 0.0}}
    if u:
        currents |= {f"{u}*lif.of_u + {port}": {}, f"{u} + {port}": {"lif.of_u": 1.0}}
    kept: dict[str, Bound] = {f"{v}*lif.of_v + ({{}})": {}, f"{v} + ({{}})": {"lif.of_v": 1.0}, "{}": {"lif.of_v": 0.0}}
    biases: dict[str, Bound] = {"{} + lif.bias": {}, "{}": {"lif.bias": 0.0}}
    for current, keep, bias in product(currents, kept, biases):
        known = {**currents[current], **kept[keep], **biases[bias]}
        first = matched(current, update[u], known) if u else known
        second = None if first is None else matched(bias.format(keep.format(current)), update[v], first)
        if second is not None:
            yield second


def _is_zero(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Constant) and value_of(tree) == 0


# Lava's Dense


def dense(run: Run, e: Edge, rules: Sequence[Rule]) -> Choice | str:
    """The product of a weight matrix and what arrived one step before."""
    matrix = run.program.matrix(e.matrix)
    if matrix.wiring is not None:
        return "not all pairs of neurons have a synapse"
    if not matrix.is_plain:
        return "what it delivers is an expression of what it stores"
    if rules:
        return f"its weights are changed by {', '.join(r.name for r in rules)}"
    if any(q.group == matrix.name for q in run.program.probes):
        return "a probe records its weights"
    settings = {"weights": f"{matrix.name}.{matrix.weight}", "transposed": e.transposed, "graded": not e.events}
    return Choice("Dense", "plain weights that do not change in this run", settings)


POPULATIONS: Sequence[Callable[[Run, Group, bool], Choice | str]] = (lif,)
DIRECTIONS: Sequence[Callable[[Run, Edge, Sequence[Rule]], Choice | str]] = (dense,)
"""The recognisers, the first that finds something wins."""
