"""What a network refuses, which variables it learns, and its JSON."""

import re

import pytest

from neurosim.errors import NeurosimError
from neurosim.model.learning import LearningRule
from neurosim.model.network import Network, Population, Projection, Variable
from neurosim.model.neurons import LIF, Clamp, Heaviside, NeuronModel, RateUnit, learned

IN, HID = Population("input", 3, Clamp), Population("hidden", 2, RateUnit)
BOTH = {"wake": RateUnit, "sleep": Heaviside}


def joined(**changes: object) -> Network:
    return Network([IN, HID], [Projection(**{"name": "p", "pre": "input", "post": "hidden", **changes})])  # type: ignore[arg-type]


def rule(text: str, variable: str = "w", at: str = "step", **params: float) -> LearningRule:
    return LearningRule("r", at, {variable: text}, params)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Network([IN, IN]), "the name 'input' is used twice in the network"),
        (lambda: joined(name="hidden"), "the name 'hidden' is used twice in the network"),
        (lambda: joined(post="hiden"), "projection p: no population 'hiden'; did you mean 'hidden'?"),
        (lambda: joined(pre="inptu"), "projection p: no population 'inptu'; did you mean 'input'?"),
        (
            lambda: joined(port="drve"),
            "projection p ends at hidden, whose model RateUnit (mode wake) has no port 'drve'",
        ),
        (
            lambda: joined(pre="hidden", post="input"),
            "projection p ends at input, whose model Clamp (mode wake) is an input",
        ),
        (lambda: joined(reciprocal=True), "projection p ends at input, whose model Clamp (mode wake) is an input"),
        (lambda: joined(learning=[rule("w + pre.x")]), "projection p, rule r, update of w: unknown name 'pre.x'"),
        (
            lambda: joined(learning=[rule("v", "v")]),
            "projection p, rule r, update of v: not a learned variable; known: w",
        ),
        (
            lambda: joined(learning=[rule("w", at="post.spike")]),
            "projection p, rule r: hidden does not spike in mode wake",
        ),
        (lambda: joined(learning=[rule("w", w=1.0)]), "projection p, rule r: constant 'w' has the name of a variable"),
        (lambda: joined(learning=[rule("w"), rule("w")]), "projection p: two rules are called 'r'"),
        (lambda: joined(learning={"wak": [rule("w")]}), "p: no population has a mode 'wak'; did you mean 'wake'?"),
        (lambda: joined(reciprocal=["sleep"]), "p: no population has a mode 'sleep'; known: wake"),
        (lambda: Population("a b", 1, Clamp), "population 'a b': 'a b' is not a name"),
        (lambda: Population("steps", 1, Clamp), "population 'steps': 'steps' has a meaning of its own"),
        (lambda: Population("a", 0, Clamp), "population a: size 0; expected a whole number of at least 1"),
        (lambda: Population("a", 2.0, Clamp), "population a: size 2.0; expected a whole number of at least 1"),  # type: ignore[arg-type]
        (
            lambda: Network([Population("a", 1, BOTH), Population("b", 1, {"wake": RateUnit})]),
            "population b has no model for mode 'sleep'",
        ),
        (
            lambda: Network([Population("a", 1, RateUnit, [rule("s", "s")])]),
            "population a, rule r, update of s: not a learned variable; known: bias",
        ),
        (
            lambda: Network([Population("a", 1, LIF, [rule("bias", "bias", at="post.spike")])]),
            "population a, rule r: 'post.spike' is for projections",
        ),
        (
            lambda: Network([Population("a", 1, RateUnit, [rule("bias + pre.s", "bias")])]),
            "population a, rule r, update of bias: unknown name 'pre.s'",
        ),
        (
            lambda: Network([Population("a", 1, {"wake": RateUnit, "sleep": LIF(bias=1.0)})]),
            "population a: modes give 'bias' different initial values",
        ),
        (lambda: joined()["q"], "the network has no part 'q'; known: hidden, input, p"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused_with_their_place(make: object, message: str) -> None:
    with pytest.raises(NeurosimError, match=re.escape(message)):
        make()  # type: ignore[operator]


def test_learned_variables_are_shared_by_the_modes() -> None:
    network = Network([Population("a", 2, {"wake": RateUnit, "sleep": LIF})])
    assert network.learned() == {"a.bias": Variable((2,), 0.0)}


def test_learned_variables_of_one_mode_belong_to_the_network() -> None:
    extra = NeuronModel("E", params={"gain": learned(2.0)}, output="gain")
    network = Network([Population("a", 2, {"wake": RateUnit, "sleep": extra})])
    assert network.learned() == {"a.bias": Variable((2,), 0.0), "a.gain": Variable((2,), 2.0)}


def test_weights_have_shape_pre_by_post() -> None:
    assert joined().learned()["p.w"].shape == (3, 2)


def test_modes_come_from_the_populations() -> None:
    network = Network([Population("a", 1, BOTH)])
    assert network.modes == ("wake", "sleep")
    assert joined().modes == ("wake",)


def test_a_network_does_not_change_with_the_list_it_was_made_of() -> None:
    parts = [IN, HID]
    network = Network(parts)
    parts.pop()
    assert len(network.populations) == 2
