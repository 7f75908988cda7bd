"""Learning rules as equations: `LearningRule`, and the rules of the library.

A rule of a projection reads `pre.*` and `post.*` (state after this step's update), `arrived` (what the forward
direction delivered in this step), and the projection's own variables; a rule of a population reads its own variables.
All rules of a step read the values before any of them wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from neurosim.errors import EquationError, ModelError, nearest
from neurosim.model.expressions import names_in, parse
from neurosim.model.neurons import RESERVED_FOR_PARTS, check_name


@dataclass(frozen=True)
class LearningRule:
    """variable' = update(pre, post, arrived, variables, parameters), whenever `at` says so.

    Parameters
    ----------
    name
        Names the rule's constants: ``projection.name.parameter``.
    at
        ``"step"``, ``"post.spike"`` (of the post-synaptic neuron, for its synapses), or ``"end:PHASE"``.
    update
        New value of each learned variable.
    params
        Constants, run arguments.

    Raises
    ------
    EquationError, ModelError
        For an unknown moment, clashing names, or an expression outside the language.
    """

    name: str
    at: str
    update: Mapping[str, str]
    params: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"rule {self.name}"
        check_name(self.name, where, RESERVED_FOR_PARTS)
        if self.at not in ("step", "post.spike") and not (self.at.startswith("end:") and len(self.at) > 4):
            raise ModelError(f"{where}: at={self.at!r}; expected 'step', 'post.spike' or 'end:PHASE'")
        if not self.update:
            raise ModelError(f"{where}: it updates nothing")
        for n in self.params:
            check_name(n, where)
        for variable, text in self.update.items():
            for n in names_in(parse(text, f"{where}, update of {variable}")):
                owner = n.partition(".")[0] if "." in n else None
                if owner is not None and owner not in ("pre", "post"):
                    raise EquationError(f"{where}, update of {variable}: '{n}'; only pre.* and post.* have a dot")

    @property
    def phase(self) -> str | None:
        """The phase at whose end the rule fires, if it does."""
        return self.at[4:] if self.at.startswith("end:") else None

    def __call__(self, **values: float) -> LearningRule:
        """The same rule with other values of its constants."""
        for n in values:
            if n not in self.params:
                raise ModelError(f"rule {self.name} has no parameter '{n}'; {nearest(n, self.params)}")
        return replace(self, params={**self.params, **{n: float(v) for n, v in values.items()}})


EquilibriumPropagation = LearningRule(
    "ep",
    at="end:nudged",
    update={"w": "w + lr/beta*(pre.s*post.s - pre.s_free*post.s_free)"},
    params={"lr": 0.01, "beta": 0.5},
)
"""w' = w + lr/beta*(pre.s*post.s - pre.s_free*post.s_free). One-sided equilibrium propagation.

At the end of the phase `nudged`; s_free is the state at the end of the free phase. The estimate of the gradient is
off by O(beta) (Scellier & Bengio 2017)."""

BiasPropagation = LearningRule(
    "ep_bias",
    at="end:nudged",
    update={"bias": "bias + lr/beta*(s - s_free)"},
    params={"lr": 0.01, "beta": 0.5},
)
"""bias' = bias + lr/beta*(s - s_free). One-sided equilibrium propagation of a population's biases."""

SymmetricEquilibriumPropagation = LearningRule(
    "ep",
    at="end:minus",
    update={"w": "w + lr/(2*beta)*(pre.s_plus*post.s_plus - pre.s*post.s)"},
    params={"lr": 0.01, "beta": 0.5},
)
"""w' = w + lr/(2*beta)*(pre.s_plus*post.s_plus - pre.s*post.s). Equilibrium propagation with nudges +beta and -beta.

At the end of the phase `minus`; s_plus is the state at the end of the phase nudged by +beta; both start from the free
state. The estimate of the gradient is off by O(beta**2) (Laborieux et al. 2021)."""

SymmetricBiasPropagation = LearningRule(
    "ep_bias",
    at="end:minus",
    update={"bias": "bias + lr/(2*beta)*(s_plus - s)"},
    params={"lr": 0.01, "beta": 0.5},
)
"""bias' = bias + lr/(2*beta)*(s_plus - s). Symmetric equilibrium propagation of a population's biases."""

SleepPlasticity = LearningRule(
    "sleep",
    at="post.spike",
    update={"w": "w + where(w <= 0, 2*inc*arrived - 2*dec*(1 - arrived), 0)"},
    params={"inc": 0.01, "dec": 0.01},
)
"""w' = w + 2*inc where pre and post spike, w - 2*dec where post spikes alone; only weights w <= 0 move.

The hard limit of the smooth gate 2*sigmoid(-w/0.001) of sleep replay (Tadros et al. 2022): co-active pairs are
pulled up to zero, the others pushed down. Exact on a grid, so spikes stay bit-equal."""

SmoothSleepPlasticity = LearningRule(
    "sleep",
    at="post.spike",
    update={"w": "w + (inc*arrived - dec*(1 - arrived))*2*sigmoid(-w/width)"},
    params={"inc": 0.01, "dec": 0.01, "width": 0.001},
)
"""w' = w + (inc*arrived - dec*(1 - arrived))*2*sigmoid(-w/width). Sleep plasticity with the published smooth gate.

The exponential may differ by one unit in the last place between simulators: agreement is tier T1, not T0, unless the
grid rounds the difference away."""
