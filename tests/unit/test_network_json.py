"""A network's JSON: it gives an equal network, that of before is read, and nothing else is."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError, ModelError, NeurosimError
from neurosim.model.connectivity import AllToAll, Connectivity, OneToOne, Pairs
from neurosim.model.learning import BiasPropagation, EquilibriumPropagation, LearningRule, SleepPlasticity
from neurosim.model.network import Network, Population, Projection, json_format
from neurosim.model.neurons import Clamp, Heaviside, NeuronModel, RateUnit, SpikeInput, driven, learned
from neurosim.model.synapses import Binary
from neurosim.testing.cases.fixed import FIXED
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
    assert json_format.PLAIN == json_format.FORMATS[0] == 1
    assert network.to_json() == VERSION_1
    assert Network.from_json(VERSION_1) == network


VERSION_2_PAIRS = """      "connectivity": {
        "kind": "pairs",
        "synapses": 4,
        "wiring": "23758762d505836f4708c132d7f9fbd31fd9c116022017e462c57391e1546401"
      }
"""


def paired(*connectivity: Connectivity) -> Network:
    """Three neurons that reach two, once for each connectivity."""
    joined = [Projection(f"j{i}", "a", "b", connectivity=c) for i, c in enumerate(connectivity)]
    return Network([Population("a", 3, Clamp), Population("b", 2, RateUnit)], joined)


TWICE = paired(Pairs([0, 2, 2, 0], [1, 1, 0, 1]))
"""With two synapses between 0 and 1."""
[NAME] = TWICE.arrays()


def test_version_2_names_its_arrays() -> None:
    """If this fails, files of today cannot be read any more: raise the version and read both."""
    text = TWICE.to_json()
    assert text.startswith('{\n  "neurosim_network": 2,\n  "populations": [')
    assert text.endswith(VERSION_2_PAIRS + VERSION_1.partition('"one-to-one"\n      }\n')[2])
    assert TWICE.arrays()[NAME].dtype == np.int32
    assert TWICE.arrays()[NAME].tolist() == [[0, 2, 2, 0], [1, 1, 0, 1]]


def test_a_text_has_no_pairs_in_it_however_many_there_are() -> None:
    few, many = (paired(Pairs(np.arange(n) % 3, np.arange(n) % 2)) for n in (10, 99_999))
    assert len(many.to_json()) == len(few.to_json()) + 3


def test_networks_without_arrays_are_version_1() -> None:
    assert json.loads(paired(AllToAll()).to_json())["neurosim_network"] == 1
    assert paired(AllToAll()).arrays() == {}


def test_projections_that_are_wired_alike_share_an_array() -> None:
    network = paired(Pairs([0], [1]), Pairs([1], [0]), Pairs([0], [1]))
    assert len(network.arrays()) == 2
    assert Network.from_json(network.to_json(), network.arrays()) == network


def test_pairs_of_version_1_are_lists_and_still_read() -> None:
    document = json.loads(TWICE.to_json())
    document["neurosim_network"] = 1
    document["projections"][0]["connectivity"] = {"kind": "pairs", "pre": [0, 2, 2, 0], "post": [1, 1, 0, 1]}
    assert Network.from_json(json.dumps(document)) == TWICE


GOOD = TWICE.arrays()[NAME]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "projection j0: its pairs are the array NAME, which is missing; bring back the file"),
        ({NAME: GOOD[:, :3]}, "projection j0: the array NAME has shape (2, 3), expected (2, 4)"),
        ({NAME: GOOD.T}, "projection j0: the array NAME has shape (4, 2), expected (2, 4)"),
        ({NAME: GOOD[:, ::-1]}, "projection j0: the array NAME is another, for its digest is "),
        ({NAME: GOOD + 0.5}, "pairs: sources has 0.5 in it; expected whole numbers"),
        ({NAME: GOOD.astype(np.int64) + 2**40}, "pairs: sources has"),
        ({NAME: GOOD.tolist()}, "not a network in JSON: AttributeError"),
    ],
)
def test_other_arrays_than_those_that_the_text_names_are_refused(arrays: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=re.escape(message.replace("NAME", f"{NAME[:12]}..."))) as error:
        Network.from_json(TWICE.to_json(), arrays)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_arrays_that_the_text_does_not_name_do_no_harm() -> None:
    more = paired(Pairs([1], [1])).arrays()
    assert Network.from_json(TWICE.to_json(), {**more, **TWICE.arrays()}) == TWICE
    assert Network.from_json(JOINED.to_json(), more) == JOINED


def test_pairs_that_reach_beyond_a_population_are_refused() -> None:
    document = json.loads(TWICE.to_json())
    document["populations"][0]["size"] = 2
    with pytest.raises(ModelError, match="projection j0: a pair has source 2; expected 0 to 1"):
        Network.from_json(json.dumps(document), TWICE.arrays())


def test_a_class_of_a_users_is_what_its_json_gives() -> None:
    class Mine(Network):
        pass

    assert type(Mine.from_json(JOINED.to_json())) is Mine


@pytest.mark.parametrize("case", [*CASES, *FIXED])
def test_json_gives_an_equal_network(case: str) -> None:
    network = {**CASES, **FIXED}[case](0.1).network
    assert Network.from_json(network.to_json(), network.arrays()) == network


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
            "network JSON of format 99; this neurosim reads format 1 or 2 or 3 or 4; a newer neurosim wrote it: "
            "install one",
        ),
        ('{"neurosim_network": 0}', "network JSON of format 0; this neurosim reads format 1 or 2 or 3 or 4"),
        ('{"neurosim_network": true}', "network JSON of format True; this neurosim reads format 1 or 2 or 3 or 4"),
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


# values of each neuron or synapse

VALUES = Network(
    [
        Population("a", 3, Clamp),
        Population("b", 2, RateUnit, parameters={"eps": [0.25, 0.5]}, initial={"s": [0.0, 1.0], "s_free": [0.0, 1.0]}),
    ],
    [Projection("j", "a", "b", Binary, parameters={"scale": np.full((3, 2), 0.5)})],
)
EPS = "7efc04a5be20529a3faa92393079a99d87da658a61a64c73e6bf576907ce660a"
STARTS = "18a31d146568b69f76c07c6398a75b48f4af1bb655531c93a31608edd71a1f5d"


def test_version_3_names_values_of_neurons_and_synapses() -> None:
    """If this fails, files of today cannot be read any more: raise the version and read both."""
    document = json.loads(VALUES.to_json())
    assert document["neurosim_network"] == 3
    assert document["populations"][1]["parameters"] == {"eps": {"array": EPS}}
    assert document["populations"][1]["initial"] == {"s": {"array": STARTS}, "s_free": {"array": STARTS}}
    assert sorted(document["populations"][0]) == ["learning", "model", "name", "size"]
    [scale] = document["projections"][0]["parameters"].values()
    assert sorted(VALUES.arrays()) == sorted([EPS, STARTS, scale["array"]])
    assert VALUES.arrays()[EPS].tolist() == [0.25, 0.5]


def test_values_come_back_with_the_arrays() -> None:
    assert Network.from_json(VALUES.to_json(), VALUES.arrays()) == VALUES


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, f"population b: eps is the array {EPS:.12}..., which is missing; bring back the file"),
        ({EPS: np.array([0.25, 0.75])}, f"population b: eps: the array {EPS:.12}... is another, for its digest is "),
        ({EPS: np.array([[0.25, 0.5]])}, f"population b: eps: the array {EPS:.12}... is another, for its digest is "),
        ({EPS: np.array([0.25, np.nan])}, "population b: eps has values that are not finite"),
    ],
)
def test_other_values_than_those_that_the_text_names_are_refused(arrays: dict[str, Any], message: str) -> None:
    others = {n: a for n, a in VALUES.arrays().items() if n != EPS}
    with pytest.raises(ModelError, match=re.escape(message)):
        Network.from_json(VALUES.to_json(), {**others, **arrays})


def test_pairs_and_values_are_in_one_text() -> None:
    rewired = Projection("j", "a", "b", Binary, parameters={"scale": [0.5, 1.0]}, connectivity=Pairs([2, 0], [1, 1]))
    network = Network(VALUES.populations, [rewired])
    assert Network.from_json(network.to_json(), network.arrays()) == network
    assert {a.dtype for a in network.arrays().values()} == {np.dtype(np.int32), np.dtype(np.float64)}


def with_taus(first: float) -> ns.Network:
    return ns.Network([ns.Population("b", 2, ns.LIF, parameters={"tau_mem": [first, first + 1]})])


def test_names_that_end_alike_but_for_a_dot_keep_arrays_of_their_own(tmp_path: Path) -> None:
    for name, first in (("tau_0.5", 1.0), ("tau_0.7", 2.0), ("net.json", 3.0), ("net.txt", 4.0)):
        with_taus(first).save(tmp_path / name)
    for name, first in (("tau_0.5", 1.0), ("tau_0.7", 2.0), ("net.json", 3.0), ("net.txt", 4.0)):
        assert ns.Network.load(tmp_path / name) == with_taus(first)


def test_arrays_beside_another_ending_are_read_where_they_once_were(tmp_path: Path) -> None:
    with_taus(1.0).save(tmp_path / "net.txt")
    (tmp_path / "net.txt.h5").rename(tmp_path / "net.h5")
    assert ns.Network.load(tmp_path / "net.txt") == with_taus(1.0)


def test_a_network_without_arrays_leaves_none_of_the_one_before(tmp_path: Path) -> None:
    with_taus(1.0).save(tmp_path / "net.json")
    plain = ns.Network([ns.Population("b", 2, ns.LIF)])
    plain.save(tmp_path / "net.json")
    assert [p.name for p in tmp_path.iterdir()] == ["net.json"]
    assert ns.Network.load(tmp_path / "net.json") == plain


def test_a_file_that_is_no_network_stays_where_arrays_would_be(tmp_path: Path) -> None:
    (tmp_path / "net.h5").write_text("mine")
    ns.Network([ns.Population("b", 2, ns.LIF)]).save(tmp_path / "net.json")
    assert (tmp_path / "net.h5").read_text() == "mine"


@pytest.mark.parametrize(
    "text",
    [
        '{"neurosim_network": 3}',
        '{"neurosim_network": 3, "populations": 5}',
        '{"neurosim_network": 1, "populations": null}',
        '{"neurosim_network": 3, "populations": [5]}',
        '{"neurosim_network": 2, "populations": [], "projections": [{"connectivity": null}]}',
    ],
)
def test_a_text_of_another_form_is_told_with_its_path(text: str, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        ns.Network.load(path)
    assert str(path) in str(refused.value)
