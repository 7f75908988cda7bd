"""Delays of synapses, as a network and a program have them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError, ModelError
from neurosim.model.connectivity import AllToAll, Connectivity, Delays, Pairs
from neurosim.program.features import Feature
from neurosim.program.program import Program

PAIRS = Pairs([0, 1, 2], [1, 1, 3])


def network(delay: object, connectivity: Connectivity = PAIRS, back: object = None) -> ns.Network:
    return ns.Network(
        [ns.Population("input", 3, ns.SpikeInput), ns.Population("out", 4, ns.LIF)],
        [
            ns.Projection("feed", "input", "out", connectivity=connectivity, delay=delay),  # type: ignore[arg-type]
            ns.Projection("back", "out", "out", delay=back),  # type: ignore[arg-type]
        ],
    )


def program(delay: object) -> Program:
    return ns.lower(network(delay), ns.Schedule([ns.Phase("run", 5)], [], {"input.x": "events"}))


@pytest.mark.parametrize(
    ("delay", "message"),
    [
        ([1, 2], "projection feed: 2 delays for 3 synapses"),
        ([0, 1, 2], "projection feed: delays in steps has 0 in it; expected whole numbers from 1 to 65536"),
        ([1, 2, 2**16 + 1], "has 65537 in it"),
        ([1.5, 2, 3], "has 1.5 in it; expected whole numbers"),
        ([], "expected one number, or a list of one for each synapse"),
        ([[1, 2, 3]], r"delays have shape \(1, 3\); expected one number"),
        ("3", "projection feed: delay in steps '3'; expected a whole number of at least 1"),
        (0, "projection feed: delay in steps 0; expected a whole number of at least 1"),
    ],
)
def test_what_is_no_delay_is_refused(delay: object, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        network(delay)


def test_delays_of_synapses_need_a_list_of_synapses() -> None:
    with pytest.raises(ModelError, match=r"projection feed: 12 delays, but it connects all to all, .* as Pairs\(\)"):
        network([1] * 12, AllToAll())


def test_delays_are_kept_as_arrays_that_nobody_writes() -> None:
    given = np.array([3, 1, 2])
    found = network(given)["feed"].delay  # type: ignore[union-attr]
    given[0] = 9
    assert isinstance(found, Delays)
    assert (found.array.tolist(), found.array.dtype, found.longest) == ([3, 1, 2], np.int32, 3)
    with pytest.raises(ValueError, match="read-only"):
        found.array[0] = 1


def test_a_network_is_another_with_other_delays() -> None:
    assert network([1, 2, 3]) == network(np.array([1, 2, 3]))
    assert network([1, 2, 3]) != network([1, 2, 4])
    assert network(None) != network([1, 1, 1])


@pytest.mark.parametrize(
    ("delay", "back"), [(None, None), (1, None), (None, 1), (4, 2), ([1, 2, 3], 5), ([7, 7, 7], 1)], ids=str
)
def test_json_and_files_keep_delays(delay: object, back: object, tmp_path: Path) -> None:
    given = network(delay, back=back)
    assert ns.Network.from_json(given.to_json(), given.arrays()) == given
    given.save(tmp_path / "network.json")
    assert ns.Network.load(tmp_path / "network.json") == given


def test_json_says_which_delays_are_missing_or_others() -> None:
    given = network([1, 2, 3])
    arrays = given.arrays()
    name = next(n for n, array in arrays.items() if array.ndim == 1)
    with pytest.raises(ModelError, match=f"projection feed: its delays are the array {name[:12]}..., which is missing"):
        ns.Network.from_json(given.to_json(), {n: a for n, a in arrays.items() if n != name})
    with pytest.raises(ModelError, match=f"projection feed: the array {name[:12]}... is another"):
        ns.Network.from_json(given.to_json(), {**arrays, name: np.array([1, 2, 2])})


def test_a_file_without_its_delays_says_so(tmp_path: Path) -> None:
    network([1, 2, 3]).save(tmp_path / "network.json")
    (tmp_path / "network.h5").unlink()
    with pytest.raises(InputError, match=r"network\.h5 cannot be read"):
        ns.Network.load(tmp_path / "network.json")


def test_documents_of_earlier_versions_have_a_delay_of_1_where_none_was_given() -> None:
    document = json.loads(network(None).to_json())
    assert (document["neurosim_network"], [j["delay"] for j in document["projections"]]) == (2, [1, 1])
    assert json.loads(network(1).to_json())["neurosim_network"] == 3


def test_programs_with_other_delays_share_a_digest_up_to_a_power_of_two() -> None:
    assert program([1, 2, 7]).digest() == program([8, 2, 5]).digest() != program([1, 2, 9]).digest()
    assert program([1, 2, 7]).wirings()["feed"].digest != program([8, 2, 5]).wirings()["feed"].digest
    assert program(None).digest() != program(1).digest()


def test_a_program_in_json_has_delays_again_where_its_wiring_is_given() -> None:
    given = program([1, 2, 7])
    assert Program.from_json(given.to_json(), given.wirings()) == given
    assert Program.from_json(given.to_json()).digest() == given.digest()


def test_delays_of_synapses_are_a_feature() -> None:
    assert Feature.SYNAPTIC_DELAYS in program([1, 2, 3]).features()
    assert Feature.SYNAPTIC_DELAYS not in program(None).features()
