"""Models, rules and synapses as tables of a file: equations of the user's own, and how any are chosen by name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from neurosim.edges.toml.table import Number, Table
from neurosim.model.learning import LearningRule
from neurosim.model.neurons import Driven, Learned, NeuronModel
from neurosim.model.synapses import SynapseModel


class NeuronTable(Table):
    """A neuron model as equations; see `NeuronModel`."""

    state: dict[str, Number] = {}
    params: dict[
        str, Number | Annotated[dict[Literal["learned", "driven"], Number], Field(min_length=1, max_length=1)]
    ] = {}
    update: dict[str, str] = {}
    spike: str | None = None
    reset: dict[str, str] = {}
    output: str = "s"
    ports: tuple[str, ...] = Field(default=("drive",), strict=False)
    alias: dict[str, str] = {}
    derived: dict[str, str] = {}

    def build(self, name: str) -> NeuronModel:
        """The neuron model of that name.

        Raises
        ------
        ModelError
            If its equations are wrong.
        """
        params = {n: parameter(v) for n, v in self.params.items()}
        plain = self.model_dump(exclude={"params", "state"})
        return NeuronModel(name, {n: float(v) for n, v in self.state.items()}, params, **plain)


def parameter(value: Any) -> float | Learned | Driven:
    """A constant, or what is set for each neuron: ``{ learned = 0.0 }``, ``{ driven = 0.0 }``."""
    if isinstance(value, dict):
        kind, number = next(iter(value.items()))
        return Learned(float(number)) if kind == "learned" else Driven(float(number))
    return float(value)


class RuleTable(Table):
    """A learning rule as equations; see `LearningRule`."""

    at: str
    update: dict[str, str]
    params: dict[str, Number] = {}
    estimate: str = ""

    def build(self, name: str) -> LearningRule:
        """The learning rule of that name.

        Raises
        ------
        ModelError
            If its equations are wrong.
        """
        params = {n: float(v) for n, v in self.params.items()}
        return LearningRule(name, self.at, self.update, params, estimate=self.estimate)


class SynapseTable(Table):
    """A synapse as equations; see `SynapseModel`."""

    state: dict[str, Number] = {"w": 0.0}
    weight: str = "w"
    params: dict[str, Number] = {}

    def build(self, name: str) -> SynapseModel:
        """The synapse model of that name.

        Raises
        ------
        ModelError
            If its equations are wrong.
        """
        numbers = ({n: float(v) for n, v in part.items()} for part in (self.state, self.params))
        state, params = numbers
        return SynapseModel(name, state, self.weight, params)


class Chosen(Table):
    """Something named from the library or the file; further keys are values of its constants."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, allow_inf_nan=False)
    __pydantic_extra__: dict[str, Number]


class ChosenRule(Chosen):
    """A learning rule by its name, with values of its constants."""

    rule: str


class ChosenModel(Chosen):
    """A neuron model by its name, with values of its constants, and the rules that its parameters learn by."""

    model: str
    learning: tuple[ChosenRule, ...] = Field(default=(), strict=False)


class ChosenSynapse(Chosen):
    """A synapse model by its name, with values of its constants."""

    model: str
