"""A network's JSON: it gives an equal network, that of before is read, and nothing else is."""

import json
import re

import pytest

from neurosim.errors import ModelError, NeurosimError
from neurosim.model import network_json
from neurosim.model.connectivity import OneToOne
from neurosim.model.learning import BiasPropagation, EquilibriumPropagation, LearningRule, SleepPlasticity
from neurosim.model.network import Network, Population, Projection
from neurosim.model.neurons import Clamp, Heaviside, NeuronModel, RateUnit, SpikeInput, driven, learned
from neurosim.testing.cases.small import CASES

BOTH = {"wake": RateUnit, "sleep": Heaviside}
JOINED = Network(
    [Population("input", 3, Clamp), Population("hidden", 2, RateUnit)], [Projection("p", "input", "hidden")]
)

VERSION_1 = """{
  "neurosim_network": 1,
  "populations": [
    {
      "name": "a",
      "size": 2,
      "model": {
        "name": "M",
        "state": {
          "s": 0.5
        },
        "params": {
          "tau": 2.0,
          "bias": {
            "learned": 0.25
          },
          "x": {
            "driven": 0.0
          }
        },
        "update": {
          "s": "keep*s + drive + bias + x"
        },
        "spike": null,
        "reset": {},
        "output": "s",
        "ports": [
          "drive"
        ],
        "alias": {},
        "derived": {
          "keep": "exp(-1/tau)"
        }
      },
      "learning": []
    }
  ],
  "projections": [
    {
      "name": "p",
      "pre": "a",
      "post": "a",
      "port": "drive",
      "reciprocal_port": "drive",
      "delay": 1,
      "synapse": {
        "name": "Dense",
        "state": {
          "w": 0.0
        },
        "weight": "w",
        "params": {}
      },
      "learning": {
        "modes": {
          "wake": [
            {
              "name": "r",
              "at": "step",
              "update": {
                "w": "w + lr*arrived"
              },
              "params": {
                "lr": 0.5
              }
            }
          ]
        }
      },
      "reciprocal": false,
      "connectivity": {
        "kind": "one-to-one"
      }
    }
  ]
}"""


def test_version_1_is_read_and_written_as_it_was() -> None:
    """If this fails, files of today cannot be read any more: raise the version and read both."""
    model = NeuronModel(
        "M",
        state={"s": 0.5},
        params={"tau": 2.0, "bias": learned(0.25), "x": driven()},
        derived={"keep": "exp(-1/tau)"},
        update={"s": "keep*s + drive + bias + x"},
    )
    rule = LearningRule("r", "step", {"w": "w + lr*arrived"}, {"lr": 0.5})
    wired = Projection("p", "a", "a", learning={"wake": [rule]}, connectivity=OneToOne())
    network = Network([Population("a", 2, model)], [wired])
    assert network_json.FORMAT == 1
    assert network.to_json() == VERSION_1
    assert Network.from_json(VERSION_1) == network


def test_a_class_of_a_users_is_what_its_json_gives() -> None:
    class Mine(Network):
        pass

    assert type(Mine.from_json(JOINED.to_json())) is Mine


@pytest.mark.parametrize("case", CASES)
def test_json_gives_an_equal_network(case: str) -> None:
    network = CASES[case](0.1).network
    assert Network.from_json(network.to_json()) == network


def test_json_keeps_models_rules_and_directions_of_each_mode() -> None:
    network = Network(
        [
            Population("input", 3, {"wake": Clamp, "sleep": SpikeInput}),
            Population("a", 2, BOTH, {"wake": [BiasPropagation]}),
            Population("b", 2, BOTH),
        ],
        [
            Projection("p", "input", "a", learning={"wake": [EquilibriumPropagation], "sleep": [SleepPlasticity]}),
            Projection("q", "a", "b", reciprocal=["wake"]),
        ],
    )
    assert Network.from_json(network.to_json()) == network


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a network in JSON"),
        ("[]", "not a network in JSON"),
        ("{}", "not a network in JSON: KeyError"),
        (
            '{"neurosim_network": 99}',
            "network JSON of version 99; this neurosim reads version 1. A newer neurosim wrote it: upgrade this one",
        ),
        ('{"neurosim_network": 0}', "network JSON of version 0; this neurosim reads version 1"),
        ('{"neurosim_network": 1, "populations": [{}], "projections": []}', "not a network in JSON"),
    ],
)
def test_what_is_no_network_in_json_is_refused(text: str, message: str) -> None:
    with pytest.raises(ModelError, match=re.escape(message)):
        Network.from_json(text)


def test_equations_in_json_are_checked() -> None:
    document = json.loads(JOINED.to_json())
    document["populations"][1]["model"]["update"]["s"] = "__import__('os')"
    with pytest.raises(NeurosimError, match="unknown function '__import__'"):
        Network.from_json(json.dumps(document))
