"""The discrete form of a model of differential equations: the plain `NeuronModel` that every backend runs."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import finite_array
from neurosim.errors import EquationError, ModelError, nearest
from neurosim.model.equations.derived import evaluate
from neurosim.model.equations.expressions import LONGEST, call, name, names_in, number, parse, substitute, text_of
from neurosim.model.fixed import FixedArray
from neurosim.model.neurons import NeuronModel
from neurosim.model.ode.arrivals import JUST_SPIKED, REFRACTORY_STEPS, STEPS_LEFT, Arrivals
from neurosim.model.ode.integrators.exact import Linear
from neurosim.model.ode.integrators.stepwise import STEPWISE, Step
from neurosim.model.ode.system import System

NO_PORT = ("closed",)
"""The ports of a model to which nothing arrives: a model without any would be an input."""

SET_BY_A_SPIKE: Mapping[str, str] = {STEPS_LEFT: REFRACTORY_STEPS, JUST_SPIKED: "1"}
"""What a reset sets hidden states to."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Discrete:
    """The equations of one step of a system of differential equations.

    Parameters
    ----------
    system
        The equations with all names resolved.
    integrator
        ``"exact"``, or one of `STEPWISE`.
    """

    system: System
    integrator: str

    def neuron(self) -> NeuronModel:
        """Return the model with the numbers that follow from its parameters.

        Raises
        ------
        EquationError
            For equations that the integrator cannot take.
        ModelError
            For a name that the discrete form needs for itself.
        """
        return self._model(fixed=())

    def per_neuron(self, arrays: Mapping[str, Values]) -> tuple[NeuronModel, dict[str, Values]]:
        """Return the model, and the constants that differ from neuron to neuron, each of shape (size,).

        Numbers are computed once for each distinct set of the parameters that they follow from.

        Parameters
        ----------
        arrays
            Parameters by name, each of shape (size,).
        """
        found = {n: a for n, a in arrays.items() if n not in self._computed_from or n in self._read_by_steps}
        read = sorted(self._computed_from & set(arrays))
        if read:
            found |= self._computed_each(read, arrays)
        model = self._model(fixed=arrays)
        return model, {n: a for n, a in found.items() if n in model.constants}

    def _computed_each(self, read: list[str], arrays: Mapping[str, Values]) -> dict[str, Values]:
        """The computed numbers that differ."""
        rows, place = np.unique(np.stack([arrays[n] for n in read], axis=-1), axis=0, return_inverse=True)
        each = self._computed([{**self.system.constants, **dict(zip(read, r, strict=True))} for r in rows.tolist()])
        return {n: values[place.reshape(-1)] for n, values in each.items() if np.ptp(values) > 0}

    def _computed(self, sets: Sequence[Mapping[str, float]]) -> dict[str, Values]:
        """The numbers of an exact step for each set of parameters; other integrators have none."""
        if self._linear is None:
            return {}
        numbers: dict[str, Values] = {}
        for still in self._stills:
            if self._linear.differs(still):
                numbers |= self._linear.propagators(still, self.system.dt, sets, self.system.where)
        if self.system.refractory is not None:
            numbers[REFRACTORY_STEPS] = np.array([self._steps_for(values) for values in sets])
        return numbers

    def _steps_for(self, values: Mapping[str, float]) -> float:
        """The refractory time of one set of parameters, in steps."""
        s = self.system
        assert s.refractory is not None
        time = evaluate(s.refractory, {**values, "dt": s.dt})
        if not time >= 0:
            raise ModelError(f"{s.where}, refractory = {time:g} ms; expected 0 or more")
        if math.isinf(time / s.dt):
            raise ModelError(f"{s.where}, refractory = {time:g} ms has too many steps of {s.dt:g} ms to be counted")
        return evaluate(self._refractory_steps, {**values, "dt": s.dt})

    @cached_property
    def _linear(self) -> Linear | None:
        if self.integrator != "exact":
            return None
        return Linear.of(self.system.derivatives, self.system.inputs, self.system.where)

    @cached_property
    def _computed_from(self) -> frozenset[str]:
        """The parameters that `_computed` reads."""
        if self._linear is None:
            return frozenset()
        refractory = self.system.refractory
        of_time = names_in(refractory) if refractory is not None else set()
        return frozenset({*self._linear.constants_read(), *of_time, "dt"})

    @property
    def _stills(self) -> tuple[frozenset[str], ...]:
        """What stands still: nothing, and, while a neuron is refractory, the held variables."""
        return (frozenset(), self.system.held) if self.system.held else (frozenset(),)

    @property
    def _refractory_steps(self) -> ast.expr:
        """As Brian2 counts them. A neuron integrates again in the first step after its spike for 0 and for 1."""
        assert self.system.refractory is not None
        text = f"maximum(floor(({text_of(self.system.refractory)} + 0.001*dt)/dt), 1)"
        return parse(text)

    @cached_property
    def _step(self) -> Step:
        """New values, in old ones to which what arrives has been added."""
        moving, *resting = (self._advanced(still) for still in self._stills)
        added = self._arrivals.added(self.system.where)
        update = {}
        for v, new in moving.update.items():
            with_arrivals = substitute(new, added.get)
            if resting and text_of(resting[0].update[v]) != text_of(new):
                stays = v in self.system.held
                rest = name(v) if stays else substitute(resting[0].update[v], added.get)
                with_arrivals = call("where", _more_than_one_left(), rest, with_arrivals)
            update[v] = with_arrivals
        derived = dict(moving.derived)
        if self.system.refractory is not None and self._linear is None:
            derived[REFRACTORY_STEPS] = text_of(self._refractory_steps)
        return Step(update, derived)

    def _advanced(self, still: frozenset[str]) -> Step:
        if self._linear is not None:
            return Step(self._linear.update(still))
        derivatives = {v: number(0.0) if v in still else f for v, f in self.system.derivatives.items()}
        return STEPWISE[self.integrator](derivatives, self.system.constants, self.system.where)

    @cached_property
    def _arrivals(self) -> Arrivals:
        s = self.system
        changing = {*s.derivatives, *s.inputs}
        return Arrivals(s.ports, s.reset, s.held, changing)

    @cached_property
    def _read_by_steps(self) -> frozenset[str]:
        """The names that equations of a step read."""
        s = self.system
        trees = [*self._step.update.values(), *s.reset.values(), *filter(None, (s.spike, s.output))]
        trees += [parse(text) for text in self._step.derived.values()]
        return frozenset(n for tree in trees for n in names_in(tree))

    def _model(self, fixed: Iterable[str]) -> NeuronModel:
        """The discrete form; of parameters that are `fixed` a run has a value for each neuron."""
        s, step, hidden = self.system, self._step, self._hidden
        computed = {n: float(values[0]) for n, values in self._computed([s.constants]).items()}
        self._check_free({*computed, *step.derived, *hidden})
        read = {*self._read_by_steps, REFRACTORY_STEPS}
        params = {**s.per_neuron, **s.constants, **computed, "dt": s.dt}
        return NeuronModel(
            s.name,
            state={**s.initial, **dict.fromkeys(hidden, 0.0)},
            params={n: v for n, v in params.items() if n in read},
            update={**{v: self._text(tree, f"d{v}/dt") for v, tree in step.update.items()}, **hidden},
            spike=self._spike,
            reset={**{v: text_of(tree) for v, tree in s.reset.items()}, **{n: SET_BY_A_SPIKE[n] for n in hidden}},
            output="spike" if s.output is None else text_of(s.output),
            ports=tuple(s.ports) or NO_PORT,
            derived=step.derived,
            requires=(*self._kept_together(read - set(fixed)), *self._refractory_condition),
        )

    @property
    def _hidden(self) -> dict[str, str]:
        """The updates of states that no equation names."""
        found = {}
        if self.system.refractory is not None:
            found[STEPS_LEFT] = f"maximum({STEPS_LEFT} - 1, 0)"
        if self._arrivals.remembers_spikes(self.system.where):
            found[JUST_SPIKED] = "0"
        return found

    @property
    def _spike(self) -> str | None:
        if self.system.spike is None:
            return None
        condition = text_of(self.system.spike)
        return condition if self.system.refractory is None else f"({condition}) and {STEPS_LEFT} == 0"

    def _kept_together(self, read: set[str]) -> tuple[str, ...]:
        """A run must not change in a reset what the propagators had been computed from."""
        values = {**self.system.constants, "dt": self.system.dt}
        return tuple(f"{n} == {values[n]!r}" for n in sorted(self._computed_from & read))

    @property
    def _refractory_condition(self) -> tuple[str, ...]:
        """That of a run, where steps are counted from its constants; an exact step has counted them."""
        tree = self.system.refractory
        return () if tree is None or self._linear is not None else (f"{text_of(tree)} >= 0",)

    def _check_free(self, made: set[str]) -> None:
        s = self.system
        for n in sorted(made & {*s.constants, *s.derivatives, *s.per_neuron, *s.ports}):
            raise ModelError(f"{s.where}: '{n}' is a name of its discrete form; choose another")

    def _text(self, tree: ast.expr, what: str) -> str:
        text = text_of(tree)
        if len(text) > LONGEST:
            raise EquationError(
                f"{self.system.where}, {what}: a step of {self.integrator} is an expression of {len(text):,} "
                f"characters, at most {LONGEST:,} are accepted; use integrator='exponential-euler' or 'euler'"
            )
        return text


def _more_than_one_left() -> ast.expr:
    return ast.Compare(name(STEPS_LEFT), [ast.Gt()], [number(1.0)])


def arrays_of(given: Mapping[str, object], known: Iterable[str], size: int, where: str) -> dict[str, Values]:
    """Return parameters with a value for each neuron.

    Raises
    ------
    ModelError
        For a name that is no parameter, another shape than (size,), and what is not finite.
    """
    found = {}
    for n, values in given.items():
        what = f"{where}: {n}"
        if n not in known:
            raise ModelError(f"{where}: no parameter '{n}'; {nearest(n, known)}")
        array = values.values if isinstance(values, FixedArray) else finite_array(values, what, error=ModelError) + 0.0
        if array.shape != (size,):
            raise ModelError(f"{what} has shape {array.shape}; expected ({size},), a value for each neuron")
        found[n] = array
    return found
