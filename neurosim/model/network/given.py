"""What a user gives for a population or a projection, checked part by part: models, rules, directions, arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from neurosim.edges.values import by_name, number, several, shown, truth, whole_number
from neurosim.errors import ModelError, nearest
from neurosim.model.connectivity import Delays
from neurosim.model.equations.conditions import check_each
from neurosim.model.equations.derived import compute, compute_each, following, follows_from
from neurosim.model.fixed import FixedArray, is_single
from neurosim.model.learning import LearningRule
from neurosim.model.neurons import Learned, NeuronModel
from neurosim.model.ode import OdeModel
from neurosim.model.synapses import SynapseModel

Rules = LearningRule | Sequence[LearningRule] | Mapping[str, LearningRule | Sequence[LearningRule]]
"""Rules of every mode, or of each mode; a single one stands for itself."""

Models = NeuronModel | Mapping[str, NeuronModel]
"""A model for every mode, or one for each."""

GivenModels = NeuronModel | OdeModel | Mapping[str, NeuronModel | OdeModel]
"""The same as a user gives it: differential equations stand for their discrete form."""


def discrete_models(model: object, parameters: object, size: int, where: str) -> tuple[Models, Mapping[str, object]]:
    """The models of a population by mode, differential equations in discrete form, and the parameters of these.

    Raises
    ------
    ModelError
        For what is no model; for values of what is no constant, of another shape than (size,), or not finite; and where
        two modes need different values under one name.
    """
    by_mode = {"": model} if isinstance(model, (NeuronModel, OdeModel)) else models_by_mode(model, where)
    if not any(isinstance(m, OdeModel) for m in by_mode.values()):
        return model, parameters  # type: ignore[return-value]  # no other models are among them
    given = by_name(parameters, f"{where}: parameters", "{'tau_m': array}", error=ModelError)
    taken = {n for m in by_mode.values() for n in (m.params if isinstance(m, OdeModel) else m.constants)}
    for name in given:
        if name not in taken:
            raise ModelError(f"{where}: parameters: no model has a constant '{name}'; {nearest(name, taken)}")
    found: dict[str, NeuronModel] = {}
    arrays: dict[str, object] = {}
    for mode, one in by_mode.items():
        values: Mapping[str, object] = {n: v for n, v in given.items() if n in one.params}
        if isinstance(one, OdeModel):
            one, values = one.discretised(values, size)
        for name, value in values.items():
            if name in arrays and not np.array_equal(arrays[name], value):  # type: ignore[arg-type]
                raise ModelError(f"{where}: parameters: modes need different values of '{name}'; rename a variable")
            arrays[name] = value
        found[mode] = one
    return found.get("", found), arrays


def models_by_mode(model: object, where: str) -> dict[str, NeuronModel | OdeModel]:
    """The models of a population by mode.

    Raises
    ------
    ModelError
        For what is no mapping of modes to models, or an empty one.
    """
    if not isinstance(model, Mapping) or not model:
        such = ", such as ns.LIF without quotes" if isinstance(model, str) else ""
        raise ModelError(f"{where}: model {shown(model)}; expected a NeuronModel{such}, or one for each mode")
    for mode, found in by_name(model, f"{where}: model", "{'wake': ns.RateUnit}", error=ModelError).items():
        if not isinstance(found, (NeuronModel, OdeModel)):
            raise ModelError(f"{where}: model of mode '{mode}' {shown(found)}; expected a NeuronModel")
    return dict(model)


def directions(reciprocal: object, where: str) -> bool | tuple[str, ...]:
    """Whether a projection is reciprocal: in every mode, in none, or in the modes that are named."""
    if not isinstance(reciprocal, (str, Sequence)):
        return truth(reciprocal, f"{where}: reciprocal =", error=ModelError)
    return several(reciprocal, str, f"{where}: reciprocal =", "True, False, or modes", error=ModelError)


def delays(given: object, where: str) -> int | Delays | None:
    """The delay of a projection in steps, or of each of its synapses; None where none is given.

    Raises
    ------
    ModelError
        For what is no whole number of at least 1, nor several of these.
    """
    if given is None or isinstance(given, Delays):
        return given
    several_given = isinstance(given, Sequence) and not isinstance(given, str)
    if several_given or (isinstance(given, np.ndarray) and given.ndim):
        return _delays_of_synapses(given, where)
    return whole_number(given, f"{where}: delay in steps", least=1, error=ModelError)


def _delays_of_synapses(given: object, where: str) -> Delays:
    try:
        return Delays(given)  # type: ignore[arg-type]  # it says what it does not take
    except ModelError as error:
        raise ModelError(f"{where}: {error}") from None


def check_connectivity(connectivity: object, where: str) -> None:
    """Refuse what could not say its pairs; a class of someone else's may.

    Raises
    ------
    ModelError
        For a class in place of its instance, and for what has no method `indices`.
    """
    if isinstance(connectivity, type) or not callable(getattr(connectivity, "indices", None)):
        name = connectivity.__name__ if isinstance(connectivity, type) else shown(connectivity)
        raise ModelError(
            f"{where}: connectivity {name}; expected AllToAll(), OneToOne(), Conv2d(...) or Pairs(sources, "
            "targets), such as those that neurosim.model.connectivity.random_wiring.fixed_in_degree draws"
        )


def frozen_rules(learning: object, where: str) -> Rules:
    """The rules as tuples, by mode where they were given so."""
    if isinstance(learning, Mapping):
        by_mode = by_name(learning, f"{where}: learning", "{'wake': [rule]}", error=ModelError)
        return {m: _all_rules(r, f"{where}: learning of mode '{m}'") for m, r in by_mode.items()}
    return _all_rules(learning, f"{where}: learning")


def _all_rules(rules: object, what: str) -> tuple[LearningRule, ...]:
    return several(rules, LearningRule, what, "LearningRules", error=ModelError)


# values of each neuron or synapse


def with_parameters(model: Models, given: object, size: int, where: str) -> tuple[Models, dict[str, FixedArray]]:
    """The model with the numbers among the parameters of a population, and the arrays among them.

    Raises
    ------
    ModelError
        For a name that is no constant in any mode, an array of another shape than (size,), and a value that is not
        finite or against a condition of the model.
    EquationError
        If a derived constant is then not finite.
    """
    what = f"{where}: parameters"
    alone, arrays = _taken(given, what)
    for name in (*alone, *arrays):
        _check_constant(name, _of_modes(model), what)
    check_shapes(arrays, (size,), what, "neuron")
    chosen = _each(model, lambda m: m(**{n: x for n, x in alone.items() if n in m.constants}) if alone else m)
    for m in _of_modes(chosen):
        _check_arrays(m, {n: a for n, a in arrays.items() if n in m.constants}, where)
    return chosen, arrays


def with_initial(model: Models, given: object, size: int, where: str) -> tuple[Models, dict[str, FixedArray]]:
    """The model with the numbers among the initial values of a population, and the arrays among them.

    Raises
    ------
    ModelError
        For a name that is no state in any mode, an array of another shape than (size,), and a value that is not finite.
    """
    what = f"{where}: initial"
    alone, arrays = _taken(given, what)
    for name in (*alone, *arrays):
        _check_state(name, _of_modes(model), what)
    check_shapes(arrays, (size,), what, "neuron")
    return _each(model, lambda m: _starting(m, alone)), arrays


def with_synapse_parameters(
    synapse: SynapseModel, given: object, where: str
) -> tuple[SynapseModel, dict[str, FixedArray]]:
    """The synapse with the numbers among the parameters of a projection, and the arrays among them.

    Raises
    ------
    ModelError
        For a name that is no constant of the synapse, and a value that is not finite or, of a number, against a
        condition; `check_synapse_arrays` looks at shapes, and at the values in arrays.
    """
    what = f"{where}: parameters"
    alone, arrays = _taken(given, what)
    for name in (*alone, *arrays):
        if name in synapse.state:
            raise ModelError(f"{what}: '{name}' of {synapse.name} is learned; give its values to Session.write")
        if name not in synapse.params:
            raise ModelError(f"{what}: {synapse.name} has no constant '{name}'; {nearest(name, synapse.params)}")
    return (synapse(**alone) if alone else synapse), arrays


def check_synapse_arrays(
    synapse: SynapseModel, arrays: Mapping[str, FixedArray], shape: tuple[int, ...], where: str
) -> None:
    """Refuse arrays of another shape than the synapses of a projection have, and values against a condition.

    Raises
    ------
    ModelError
        Naming the array, or the place of the value.
    """
    check_shapes(arrays, shape, f"{where}: parameters", "synapse")
    others = {n: x for n, x in synapse.params.items() if n not in arrays}
    check_each(synapse.requires, others, {n: a.values for n, a in arrays.items()}, where)


def check_shapes(arrays: Mapping[str, FixedArray], shape: tuple[int, ...], what: str, each: str) -> None:
    """Refuse arrays of another shape.

    Raises
    ------
    ModelError
        Naming the array and both shapes.
    """
    for name, array in arrays.items():
        if array.shape != shape:
            raise ModelError(f"{what}: {name} has shape {array.shape}; expected {shape}, a value for each {each}")


def _taken(given: object, what: str) -> tuple[dict[str, float], dict[str, FixedArray]]:
    """Numbers by name, and arrays by name."""
    named = by_name(given, what, "{'tau_mem': array}", error=ModelError)
    alone = {n: number(v, f"{what}: {n} =", error=ModelError) for n, v in named.items() if is_single(v)}
    others = {n: v for n, v in named.items() if n not in alone}
    return alone, {n: v if isinstance(v, FixedArray) else FixedArray.of(v, f"{what}: {n}") for n, v in others.items()}


def _of_modes(model: Models) -> Sequence[NeuronModel]:
    return (model,) if isinstance(model, NeuronModel) else tuple(model.values())


def _each(model: Models, change: Callable[[NeuronModel], NeuronModel]) -> Models:
    return change(model) if isinstance(model, NeuronModel) else {mode: change(m) for mode, m in model.items()}


def _check_constant(name: str, models: Sequence[NeuronModel], what: str) -> None:
    for model in models:
        if name in model.derived:
            sources = ", ".join(follows_from(model.derived, name))
            raise ModelError(f"{what}: '{name}' of {model.name} is derived; set what it follows from: {sources}")
        if name in model.params and name not in model.constants:
            learned = isinstance(model.params[name], Learned)
            instead = "learned; give its values to Session.write" if learned else "driven; give them as a stimulus"
            raise ModelError(f"{what}: '{name}' of {model.name} is {instead}")
    known = dict.fromkeys(n for model in models for n in model.constants)
    if name not in known:
        raise ModelError(f"{what}: {models[0].name} has no constant '{name}'; {nearest(name, known)}")


def _check_arrays(model: NeuronModel, arrays: Mapping[str, FixedArray], where: str) -> None:
    """Check derived constants and conditions of a model for each neuron."""
    if not arrays:
        return
    follow = following(model.derived, arrays)
    alone = {n: x for n, x in model.constants.items() if n not in arrays}
    alone |= compute([(n, t) for n, t in model.derived.items() if n not in follow], alone, where)
    values = {n: a.values for n, a in arrays.items()}
    values |= compute_each([(n, model.derived[n]) for n in follow], alone, values, where)
    check_each(model.requires, alone, values, where)


def _starting(model: NeuronModel, values: Mapping[str, float]) -> NeuronModel:
    own = {n: x for n, x in values.items() if n in model.state}
    return replace(model, state={**model.state, **own}) if own else model


def _check_state(name: str, models: Sequence[NeuronModel], what: str) -> None:
    known = dict.fromkeys(n for model in models for n in model.state)
    if name in known:
        return
    if any(isinstance(model.params.get(name), Learned) for model in models):
        raise ModelError(f"{what}: '{name}' is learned; give its values to Session.write")
    raise ModelError(f"{what}: {models[0].name} has no state '{name}'; {nearest(name, known)}")
