"""Which rules are outer products, and with which factors."""

import pytest

from neurosim.model.equations.expressions import parse, text_of
from neurosim.model.equations.factoring import factored, outer_products
from neurosim.model.learning import EquilibriumPropagation, SymmetricEquilibriumPropagation
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, RateUnit
from neurosim.program.lowering.lower import lower
from neurosim.program.program import Rule
from neurosim.program.schedule import Phase, Schedule
from neurosim.testing.cases.small import OJA

CONSTANTS = {"lr", "beta", "k"}


def rule_of(source: str) -> Rule:
    """The rule of the projection from `source` to the output, in a network with one-sided EP."""
    network = Network(
        [Population("input", 2, Clamp), Population("hidden", 2, RateUnit), Population("output", 2, RateUnit)],
        [
            Projection("from_input", "input", "output", learning=[EquilibriumPropagation]),
            Projection("from_hidden", "hidden", "output", learning=[EquilibriumPropagation]),
        ],
    )
    schedule = Schedule([Phase("free", 3, assign={"s_free": "s"}), Phase("nudged", 2)], (), {"input.s": "constant"})
    return next(r for r in lower(network, schedule).rules if r.owner == f"from_{source}")


def test_ep_from_a_clamped_source_is_one_outer_product() -> None:
    assert rule_of("input").outer == ((("lr / beta * pre.s", "post.s - post.s_free"),),)


def test_ep_between_two_free_populations_is_two_outer_products() -> None:
    (pairs,) = rule_of("hidden").outer
    assert pairs is not None
    assert [("pre.s_free" in f, "post.s_free" in g) for f, g in pairs] == [(False, False), (True, True)]


def test_symmetric_ep_is_two_outer_products() -> None:
    tree = parse(SymmetricEquilibriumPropagation.update["w"])
    assert len(outer_products(tree, "w", CONSTANTS) or ()) == 2


@pytest.mark.parametrize(
    "text",
    [
        OJA.update["w"],  # contains w in a product
        "2*w + pre.s*post.s",
        "pre.s*post.s",
        "-w + pre.s*post.s",
        "w + exp(pre.s*post.s)",
        "w + (pre.s + post.s)**2",
        "w + pre.s*sigmoid(w)",
        "w + pre.s/post.s",
        "w + where(w <= 0, pre.s, 0)",
        "w + w + pre.s*post.s",
    ],
)
def test_rules_without_that_form_are_left_alone(text: str) -> None:
    assert outer_products(parse(text), "w", {*CONSTANTS, "lr"}) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("w + lr*arrived*post.s", (("lr * arrived", "post.s"),)),
        ("w - lr*pre.s*post.s", (("lr * pre.s", "-post.s"),)),
        ("w + lr*post.s", (("lr", "post.s"),)),
        ("w + lr*pre.s", (("lr * pre.s", "1.0"),)),
        ("w", ()),
        ("w - lr*pre.s*(1 - post.s)", (("pre.s", "-(lr * 1.0) + lr * post.s"),)),
        ("w - (lr*pre.s - -(lr*pre.s*post.s))", (("lr * pre.s", "-1.0 - post.s"),)),
        ("w - (arrived - pre.t)*(post.s - post.t)", (("arrived", "-post.s + post.t"), ("pre.t", "post.s - post.t"))),
    ],
)
def test_factors_are_gathered_by_side(text: str, expected: tuple[tuple[str, str], ...]) -> None:
    assert outer_products(parse(text), "w", CONSTANTS) == expected


def test_a_rule_that_changes_nothing_factors_to_its_variable() -> None:
    assert text_of(factored("w", ())) == "w + 0.0"
