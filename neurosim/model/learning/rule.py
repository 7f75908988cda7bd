"""What a learning rule is: `LearningRule`.

A rule of a projection reads `pre.*` and `post.*` (state after this step's update), `arrived` (what the forward
direction delivered in this step), and the projection's own variables; a rule of a population reads its own variables.
All rules of a step read the values before any of them wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from neurosim.edges.values import number, numbers, several, shown, text, texts
from neurosim.errors import EquationError, ModelError, nearest
from neurosim.model.display.described import Described
from neurosim.model.equations.conditions import check_conditions
from neurosim.model.equations.expressions import names_in, parse
from neurosim.model.neurons import RESERVED_FOR_PARTS, check_name


@dataclass(frozen=True)
class LearningRule(Described):
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
    requires
        Conditions of constants, as those of a `NeuronModel`.
    estimate
        A part of the update that one trial estimates, as it stands there; in a batch its sum over the trials takes its
        place. Not needed where the update is only the variable and products that are added to it.

    Raises
    ------
    EquationError, ModelError
        For an unknown moment, clashing names, an expression outside the language, or values that are no finite numbers
        or against a condition.

    Examples
    --------
    Oja's rule, and the same with another rate:

    >>> import neurosim as ns
    >>> oja = ns.LearningRule("oja", "step", {"w": "w + lr*post.s*(arrived - post.s*w)"}, {"lr": 0.02})
    >>> oja(lr=0.1).params
    {'lr': 0.1}
    >>> oja(rate=0.1)
    Traceback (most recent call last):
        ...
    neurosim.errors.ModelError: rule oja has no parameter 'rate'; known: lr
    """

    name: str
    at: str
    update: Mapping[str, str]
    params: Mapping[str, float] = field(default_factory=dict)
    requires: Sequence[str] = field(default=(), compare=False, repr=False)
    estimate: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        check_name(self.name, f"rule {shown(self.name)}", RESERVED_FOR_PARTS)
        where = f"rule {self.name}"
        self._take(where)
        if self.at not in ("step", "post.spike") and not (self.at.startswith("end:") and len(self.at) > 4):
            raise ModelError(f"{where}: at={self.at!r}; expected 'step', 'post.spike' or 'end:PHASE'")
        if not self.update:
            raise ModelError(f"{where}: it updates nothing")
        for n in self.params:
            check_name(n, where)
        for variable, equation in self.update.items():
            for n in names_in(parse(equation, f"{where}, update of {variable}")):
                owner = n.partition(".")[0] if "." in n else None
                if owner is not None and owner not in ("pre", "post"):
                    raise EquationError(f"{where}, update of {variable}: '{n}'; only pre.* and post.* have a dot")
        if self.estimate:
            parse(self.estimate, f"{where}, estimate")
        check_conditions(self.requires, self.params, where)

    def _take(self, where: str) -> None:
        """What was given, as the kinds of values that the fields are of."""
        text(self.at, f"{where}: at =", error=ModelError)
        text(self.estimate, f"{where}: estimate =", error=ModelError)
        object.__setattr__(self, "update", texts(self.update, f"{where}, update", error=ModelError))
        object.__setattr__(self, "params", numbers(self.params, where, error=ModelError))
        conditions = several(self.requires, str, f"{where}, requires", "texts", error=ModelError)
        object.__setattr__(self, "requires", conditions)

    @property
    def phase(self) -> str | None:
        """The phase at whose end the rule fires, if it does."""
        return self.at[4:] if self.at.startswith("end:") else None

    def equations(self) -> tuple[str, ...]:
        """Its equations as lines of text, below the moment at which they hold."""
        return (f"at {self.at}:", *(f"{variable}' = {text}" for variable, text in self.update.items()))

    def __call__(self, /, **values: float) -> LearningRule:
        """The same rule with other values of its constants.

        Raises
        ------
        ModelError
            For a name that is no parameter, or a value that is no finite number or against a condition.
        """
        for n in values:
            if n not in self.params:
                raise ModelError(f"rule {self.name} has no parameter '{n}'; {nearest(n, self.params)}")
        given = {n: number(v, f"rule {self.name}: {n} =", error=ModelError) for n, v in values.items()}
        return replace(self, params={**self.params, **given})
