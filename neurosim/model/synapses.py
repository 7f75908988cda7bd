"""Synapse models: what is stored for each synapse, and what it delivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from neurosim.errors import ModelError, nearest
from neurosim.model.expressions import check
from neurosim.model.neurons import check_name


@dataclass(frozen=True)
class SynapseModel:
    """delivered = weight(state, parameters) * output of the source.

    Parameters
    ----------
    name
        Named in errors and listings.
    state
        Learned variables of each synapse and their initial values; arrays of shape (pre, post).
    weight
        What is delivered, an expression of state and params.
    params
        Constants, run arguments.

    Raises
    ------
    EquationError, ModelError
        For unknown or clashing names.
    """

    name: str = "synapse"
    state: Mapping[str, float] = field(default_factory=lambda: {"w": 0.0})
    weight: str = "w"
    params: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"synapse {self.name}"
        declared = [*self.state, *self.params]
        for n in declared:
            check_name(n, where)
            if declared.count(n) > 1:
                raise ModelError(f"{where}: '{n}' is declared twice")
        if not self.state:
            raise ModelError(f"{where}: it has no state, so there is no weight to learn or to set")
        check(self.weight, declared, f"{where}, weight")

    def __call__(self, **values: float) -> SynapseModel:
        """The same synapse with other values of its constants."""
        for n in values:
            if n not in self.params:
                raise ModelError(f"synapse {self.name} has no parameter '{n}'; {nearest(n, self.params)}")
        return replace(self, params={**self.params, **{n: float(v) for n, v in values.items()}})


Dense = SynapseModel("Dense")
"""delivered = w*output. Every unit of the source to every unit of the target; w has shape (pre, post)."""
