"""What a user gives for a population or a projection, checked part by part: models, rules, directions, wiring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from neurosim.edges.values import by_name, several, shown, truth, whole_number
from neurosim.errors import ModelError
from neurosim.model.connectivity import Delays
from neurosim.model.learning import LearningRule
from neurosim.model.neurons import NeuronModel

Rules = LearningRule | Sequence[LearningRule] | Mapping[str, LearningRule | Sequence[LearningRule]]
"""Rules of every mode, or of each mode; a single one stands for itself."""


def models_by_mode(model: object, where: str) -> dict[str, NeuronModel]:
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
        if not isinstance(found, NeuronModel):
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
    if isinstance(given, (Sequence, np.ndarray)) and not isinstance(given, str) and np.ndim(given):
        return _delays_of_synapses(given, where)
    return whole_number(given, f"{where}: delay in steps", least=1, error=ModelError)


def _delays_of_synapses(given: Sequence[int] | NDArray[np.integer], where: str) -> Delays:
    try:
        return Delays(given)
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
            f"{where}: connectivity {name}; expected AllToAll(), OneToOne() or Pairs(sources, targets), "
            "such as those that neurosim.model.connectivity.random_wiring.fixed_in_degree draws"
        )


def frozen_rules(learning: object, where: str) -> Rules:
    """The rules as tuples, by mode where they were given so."""
    if isinstance(learning, Mapping):
        by_mode = by_name(learning, f"{where}: learning", "{'wake': [rule]}", error=ModelError)
        return {m: _all_rules(r, f"{where}: learning of mode '{m}'") for m, r in by_mode.items()}
    return _all_rules(learning, f"{where}: learning")


def _all_rules(rules: object, what: str) -> tuple[LearningRule, ...]:
    return several(rules, LearningRule, what, "LearningRules", error=ModelError)
