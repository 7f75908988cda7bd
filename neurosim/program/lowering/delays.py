"""Delays of projections that connect all pairs, as states of the population that puts out.

``past_k`` is the output as it was k - 1 steps before the output that is delivered without a delay. Every update moves
it on: past_2' = output, past_3' = past_2. For spikes, past_1 is what the spike test of the step found; an input has its
stimulus in its place. No backend needs to know of them. Sparse projections have delays in their wiring.
"""

from __future__ import annotations

from dataclasses import fields, replace

from neurosim.errors import ModelError
from neurosim.model.neurons import NeuronModel

LONGEST = 1_000
"""Steps of a delay: each is a state of every neuron, and a line of the compiled program."""


def past(steps: int) -> str:
    """Return the name of the state that a projection with this delay delivers."""
    return f"past_{steps}"


def rounded_up(steps: int) -> int:
    """Return the least power of two that is no less."""
    return 1 << (steps - 1).bit_length()


def with_past(population: str, model: NeuronModel, steps: int) -> NeuronModel:
    """Return the model with states for outputs that are up to `steps` steps old.

    Raises
    ------
    ModelError
        For an output that is an expression, for a delay of more than `LONGEST` steps, and for a model that has a name
        of these states already.
    """
    if steps < 2:
        return model
    check_delayed(population, model)
    if steps > LONGEST + 1 + model.is_input:  # a rule needs one more; an input keeps what it puts out in the step, too
        raise ModelError(f"population {population}: it would keep {steps:,} outputs for a delay; at most {LONGEST:,}")
    taken = model.names
    for k in range(1, steps + 1):
        if past(k) in taken:
            raise ModelError(f"model {model.name}: '{past(k)}' is kept for the delay of a projection; rename it")
    return _input(model, steps) if model.is_input else _population(model, steps)


def check_delayed(population: str, model: NeuronModel) -> None:
    """Refuse a delay of an output that is an expression: it has no value before the first step.

    Raises
    ------
    ModelError
        Naming the population.
    """
    stored = model.params if model.is_input else model.state
    if model.output != "spike" and model.output not in stored:
        raise ModelError(
            f"a projection from {population} has a delay, but the output of {model.name} is not a state; "
            f"make '{model.output}' a state of its own"
        )


def _population(model: NeuronModel, steps: int) -> NeuronModel:
    states = {past(k): model.state.get(model.output, 0.0) for k in range(2, steps + 1)}
    update = {past(k): past(k - 1) for k in range(3, steps + 1)}
    if model.output != "spike":
        return replace(model, state={**model.state, **states}, update={**model.update, past(2): model.output, **update})
    return replace(
        model,
        state={**model.state, past(1): 0.0, **states},
        update={**model.update, past(1): "0", past(2): past(1), **update},
        reset={**model.reset, past(1): "1"},
    )


class _InputWithPast(NeuronModel):
    """An input that keeps its stimuli, which no user's model does."""

    def _check_output(self, where: str) -> None:
        """Nothing: the model was checked without its past."""


def _input(model: NeuronModel, steps: int) -> NeuronModel:
    newest = f"where({model.spike}, 1, 0)" if model.output == "spike" else model.output
    given = {f.name: getattr(model, f.name) for f in fields(model)}
    state = {past(k): 0.0 for k in range(2, steps + 1)}
    update = {past(2): newest} | {past(k): past(k - 1) for k in range(3, steps + 1)}
    return _InputWithPast(**{**given, "state": state, "update": update})
