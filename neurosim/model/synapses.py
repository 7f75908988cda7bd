"""Synapse models: what is stored for each synapse, and what it delivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from neurosim.edges.values import number, numbers, several, text
from neurosim.errors import ModelError, nearest
from neurosim.model.display.described import Described, shortest
from neurosim.model.equations.conditions import check_conditions
from neurosim.model.equations.expressions import check
from neurosim.model.neurons import check_name


@dataclass(frozen=True)
class SynapseModel(Described):
    """delivered = weight(state, parameters) * output of the source.

    What is delivered has the unit of the drive that it adds to.

    Parameters
    ----------
    name
        Named in errors and listings.
    state
        Learned variables of each synapse and their initial values; arrays of shape (pre, post) where all are
        connected to all, else (synapses,).
    weight
        What is delivered, an expression of state and params.
    params
        Constants, run arguments.
    requires
        Conditions of constants, as those of a `NeuronModel`.

    Raises
    ------
    EquationError, ModelError
        For unknown or clashing names, or values that are no finite numbers or against a condition.
    """

    name: str = "synapse"
    state: Mapping[str, float] = field(default_factory=lambda: {"w": 0.0})
    weight: str = "w"
    params: Mapping[str, float] = field(default_factory=dict)
    requires: Sequence[str] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        where = f"synapse {text(self.name, 'synapse: name', error=ModelError)}"
        object.__setattr__(self, "state", numbers(self.state, f"{where}, state", error=ModelError))
        object.__setattr__(self, "params", numbers(self.params, where, error=ModelError))
        conditions = several(self.requires, str, f"{where}, requires", "texts", error=ModelError)
        object.__setattr__(self, "requires", conditions)
        declared = [*self.state, *self.params]
        for n in declared:
            check_name(n, where)
            if declared.count(n) > 1:
                raise ModelError(f"{where}: '{n}' is declared twice")
        if not self.state:
            raise ModelError(f"{where}: it has no state, so there is no weight to learn or to set")
        check(text(self.weight, f"{where}, weight", error=ModelError), declared, f"{where}, weight")
        check_conditions(self.requires, self.params, where)

    def equations(self) -> tuple[str, ...]:
        """Its equations as lines of text: what is stored at first, and what is delivered."""
        stored = (f"{n} = {shortest(value)} at first" for n, value in self.state.items())
        return (*stored, f"weight = {self.weight}", "delivered = weight*output")

    def __call__(self, /, **values: float) -> SynapseModel:
        """The same synapse with other values of its constants.

        Raises
        ------
        ModelError
            For a name that is no parameter, or a value that is no finite number or against a condition.
        """
        for n in values:
            if n not in self.params:
                raise ModelError(f"synapse {self.name} has no parameter '{n}'; {nearest(n, self.params)}")
        given = {n: number(v, f"synapse {self.name}: {n} =", error=ModelError) for n, v in values.items()}
        return replace(self, params={**self.params, **given})


Dense = SynapseModel("Dense")
"""delivered = w*output. Every unit of the source to every unit of the target; w has shape (pre, post)."""

Excitatory = SynapseModel("Excitatory", weight="maximum(w, 0)")
"""delivered = max(w, 0)*output. Never negative: a weight that learning takes below 0 is clipped at 0 where it delivers.

The stored w keeps its value, so that it can come back."""

Inhibitory = SynapseModel("Inhibitory", weight="minimum(w, 0)")
"""delivered = min(w, 0)*output. Never positive: a weight that learning takes above 0 is clipped at 0 where it delivers.

w is the signed weight, not its size."""

Binary = SynapseModel("Binary", {"h": 0.0}, "scale*where(h >= 0, 1, -1)", {"scale": 1.0}, ("scale >= 0",))
"""delivered = scale*output where h >= 0, else -scale*output. One bit a synapse; a hidden weight h learns.

`scale` is a number for all synapses, 1/sqrt(number of inputs) for a drive of order 1."""

Ternary = SynapseModel(
    "Ternary",
    {"h": 0.0},
    "scale*where(abs(h) > theta, sign(h), 0)",
    {"scale": 1.0, "theta": 0.1},
    ("scale >= 0", "theta >= 0"),
)
"""delivered = scale*sign(h)*output where |h| > theta, else 0. Absent, excitatory or inhibitory; a hidden h learns."""

Momentum = SynapseModel("Momentum", {"w": 0.0, "m": 0.0})
"""delivered = w*output. A weight and its momentum m, the running sum of its gradients."""

Adam = SynapseModel("Adam", {"w": 0.0, "m": 0.0, "v": 0.0, "power1": 1.0, "power2": 1.0})
"""delivered = w*output. A weight with Adam's moments: m of the gradient, v of its square.

power1 and power2 are beta1**t and beta2**t after t steps, as products, which every backend rounds alike."""

Traced = SynapseModel("Traced", {"w": 0.0, "trace": 0.0})
"""delivered = w*output. A weight with a trace of what arrived."""

Eligible = SynapseModel("Eligible", {"w": 0.0, "trace": 0.0, "eligibility": 0.0})
"""delivered = w*output. A weight with a trace of what arrived, and its eligibility for a learning signal."""
