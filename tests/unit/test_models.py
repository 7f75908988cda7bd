"""What neuron models, synapses and rules refuse, and how they are varied."""

import re

import pytest

from neurosim.errors import EquationError, ModelError, NeurosimError
from neurosim.model.learning import EquilibriumPropagation, LearningRule
from neurosim.model.neurons import LIF, Clamp, Driven, Learned, NeuronModel, RateUnit, driven, learned
from neurosim.model.synapses import Dense, SynapseModel


def model(**changes: object) -> NeuronModel:
    return NeuronModel(**{"name": "M", "state": {"s": 0.0}, "params": {"k": 1.0}, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"update": {"s": "s + drve"}},
            "model M, update of s: unknown name 'drve' in 's + drve'; did you mean 'drive'?",
        ),
        ({"update": {"z": "s"}}, "model M, update of 'z': not a state; known: s"),
        ({"update": {"k": "s"}}, "model M, update of 'k': not a state"),
        ({"update": {"s": "s > 0"}}, "model M, update of s: 's > 0' is not a number"),
        ({"spike": "s"}, "model M, spike: 's' is not a condition"),
        ({"spike": "drive > 1"}, "model M, spike: unknown name 'drive'"),
        ({"spike": "s > 1", "reset": {"s": "drive"}}, "model M, reset of s: unknown name 'drive'"),
        ({"reset": {"s": "0"}}, "model M: it has a reset, but no spike condition"),
        ({"output": "spike"}, "model M: its output is 'spike', but it has no spike condition"),
        ({"output": "drive"}, "model M, output: unknown name 'drive'"),
        ({"alias": {"q": "z"}}, "model M: alias q stands for 'z'"),
        ({"params": {"s": 1.0}}, "model M: 's' is declared twice"),
        ({"ports": ("drive", "k")}, "model M: 'k' is declared twice"),
        ({"ports": (), "update": {"s": "1"}}, "model M: an input (no ports) has no state"),
    ],
)
def test_a_model_that_does_not_fit_is_refused_with_its_place(changes: dict[str, object], message: str) -> None:
    with pytest.raises(NeurosimError, match=re.escape(message)):
        model(**changes)


@pytest.mark.parametrize("bad", ["1s", "a b", "_s", "a__b", "s.t", "é", ""])
def test_what_is_not_a_name_of_every_language_is_refused(bad: str) -> None:
    with pytest.raises(ModelError, match=f"model M: '{bad}' is not a name"):
        model(params={bad: 1.0})


@pytest.mark.parametrize("bad", ["lambda", "for", "in"])
def test_words_of_python_are_refused_as_such(bad: str) -> None:
    with pytest.raises(ModelError, match=f"model M: '{bad}' is a word of Python's syntax"):
        model(params={bad: 1.0})


@pytest.mark.parametrize("bad", ["pre", "post", "arrived", "spike", "output", "exp", "clip", "on_grid"])
def test_names_with_a_meaning_are_refused(bad: str) -> None:
    with pytest.raises(ModelError, match=f"model M: '{bad}' has a meaning of its own"):
        model(params={bad: 1.0})


def test_calling_a_model_changes_constants_and_initial_values_only() -> None:
    changed = LIF(tau_mem=5.0, bias=0.25)
    assert (changed.params["tau_mem"], changed.params["bias"]) == (5.0, Learned(0.25))
    assert LIF.params["tau_mem"] == 10.0
    assert changed.update == LIF.update


def test_calling_a_model_keeps_what_is_driven_driven() -> None:
    assert RateUnit(target=0.5).params["target"] == Driven(0.5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LIF(thta=1.0), "model LIF has no parameter 'thta'; did you mean 'theta'?"),
        (lambda: Dense(gain=1.0), "synapse Dense has no parameter 'gain'; there are none to choose from"),
        (lambda: EquilibriumPropagation(lrr=1.0), "rule ep has no parameter 'lrr'; did you mean 'lr'?"),
    ],
)
def test_an_unknown_constant_is_answered_with_the_nearest(make: object, message: str) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        make()  # type: ignore[operator]


def test_a_model_without_ports_is_an_input() -> None:
    assert Clamp.is_input
    assert not RateUnit.is_input


def test_learned_and_driven_take_whole_numbers() -> None:
    assert (learned(1), driven(2)) == (Learned(1.0), Driven(2.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SynapseModel("S", {"w": 0.0}, "v"), "synapse S, weight: unknown name 'v'"),
        (lambda: SynapseModel("S", {"w": 0.0}, "w > 0"), "synapse S, weight: 'w > 0' is not a number"),
        (lambda: SynapseModel("S", {"w": 0.0}, "w", {"w": 1.0}), "synapse S: 'w' is declared twice"),
        (lambda: SynapseModel("S", {}, "1"), "synapse S: it has no state"),
        (lambda: SynapseModel("S", {"pre": 0.0}, "pre"), "synapse S: 'pre' has a meaning of its own"),
    ],
)
def test_a_synapse_that_does_not_fit_is_refused_with_its_place(make: object, message: str) -> None:
    with pytest.raises(NeurosimError, match=re.escape(message)):
        make()  # type: ignore[operator]


def rule(**changes: object) -> LearningRule:
    return LearningRule(**{"name": "r", "at": "step", "update": {"w": "w"}, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("at", ["", "spike", "end:", "pre.spike", "end"])
def test_a_rule_fires_only_at_known_moments(at: str) -> None:
    with pytest.raises(ModelError, match=re.escape(f"rule r: at={at!r}; expected 'step', 'post.spike' or 'end:PHASE'")):
        rule(at=at)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"update": {}}, "rule r: it updates nothing"),
        ({"name": "own"}, "rule 'own': 'own' has a meaning of its own"),
        ({"name": "a b"}, "rule 'a b': 'a b' is not a name"),
        ({"params": {"arrived": 1.0}}, "rule r: 'arrived' has a meaning of its own"),
        ({"update": {"w": "w +"}}, "rule r, update of w: 'w +' is not an expression"),
    ],
)
def test_a_rule_that_does_not_fit_is_refused_with_its_place(changes: dict[str, object], message: str) -> None:
    with pytest.raises(NeurosimError, match=re.escape(message)):
        rule(**changes)


def test_only_pre_and_post_have_a_dot() -> None:
    with pytest.raises(EquationError, match=r"rule r, update of w: 'input\.s'; only pre\.\* and post\.\* have a dot"):
        rule(update={"w": "w + input.s"})


def test_the_phase_of_a_rule() -> None:
    assert (rule(at="end:nudged").phase, rule(at="step").phase) == ("nudged", None)
