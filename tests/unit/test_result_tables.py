"""The tables of results: what their rows have in common, and the nearest class mean beside them."""

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.neighbors import NearestCentroid

from neurosim.scenario import schema
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.preparation import plan

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SCRIPTS = ("tables", "engrams", "nearest_class_mean", "results")


@pytest.fixture(scope="module")
def scripts() -> Iterator[Any]:
    """The scripts import one another from their own folder, which is not left on the path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCENARIOS))
        import nearest_class_mean
        import results

        yield results, nearest_class_mean
    for name in SCRIPTS:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def domains() -> schema.Scenario:
    return schema.read(SCENARIOS / "digits_engrams_domains.toml")


def test_the_control_without_sleep_is_the_scenario_that_sleeps_but_for_its_sleep() -> None:
    """So they are trained alike; nothing else tells them apart."""
    asleep, awake = ((SCENARIOS / f"digits_{n}.toml").read_text() for n in ("sleep", "sequential"))
    asleep = re.sub(r"^sleep = .*\n|^\[sleep\]\n[^\[]*", "", asleep, flags=re.M)
    documents = [schema.document(text) for text in (asleep, awake)]
    for document in documents:
        document["scenario"] = {k: v for k, v in document["scenario"].items() if k not in ("name", "description")}
    assert documents[0] == documents[1]


def test_every_row_is_a_scenario(scripts) -> None:
    results, _ = scripts
    for rows in results.TABLES.values():
        for _, document in rows():
            plan(schema.from_document(document))


def test_rows_of_engrams_are_what_their_names_say(scripts) -> None:
    results, _ = scripts
    for rows in (results.engrams.classes, results.engrams.domains, results.engrams.domains_shared):
        for name, document in rows():
            factors = {p["wake"]["learning"][0]["m"] for p in document["network"]["projection"].values()}
            assert len(factors) == 1
            assert (factors == {0.0}) == name.startswith("plain binary"), name
            gate = document.get("gates", {}).get("kind")
            assert name.partition(", gate: ")[2] == (gate or "")


# the nearest class mean


def test_means_of_classes_and_which_is_nearest(scripts) -> None:
    _, ncm = scripts
    x = np.array([[0.0, 0.0], [0.0, 2.0], [4.0, 0.0]])
    means = ncm.class_means(x, np.array([0, 0, 2]))
    np.testing.assert_array_equal(means, [[0, 1], [np.inf, np.inf], [4, 0]])
    np.testing.assert_array_equal(ncm.nearest(np.array([[1.0, 1.0], [3.0, 0.0], [0.0, 9.0]]), means), [0, 2, 0])


def test_it_predicts_the_digits_as_scikit_learn_does(scripts) -> None:
    _, ncm = scripts
    scenario = schema.read(SCENARIOS / "digits_sleep.toml")
    data = scenario.data.build()
    x, labels = data.array, data.labels
    expected = NearestCentroid().fit(x[data.train], labels[data.train]).score(x[data.test], labels[data.test])
    assert ncm.accuracy(scenario, data) == pytest.approx(expected) == pytest.approx(325 / 360)


def test_samples_are_as_their_tasks_show_them(scripts, domains) -> None:
    """A mean over five orders of the pixels tells less than one."""
    _, ncm = scripts
    data = domains.data.build()
    tasks = domains.stream.build(data)
    show = [np.asarray(t.transformation(data.array) if t.transformation else data.array) for t in tasks]
    train, test = (np.concatenate([s[p] for s in show]) for p in (data.train, data.test))
    labels = [np.tile(data.labels[p], len(tasks)) for p in (data.train, data.test)]
    expected = NearestCentroid().fit(train, labels[0]).score(test, labels[1])
    assert ncm.accuracy(domains, data) == pytest.approx(expected)
    assert expected < 0.8


def test_means_are_of_the_training_part_alone(scripts, domains) -> None:
    _, ncm = scripts
    data = domains.data.build()
    spoiled = data.array.copy()
    spoiled[data.validation] = 1e6
    changed: Dataset = replace(data, inputs=spoiled)
    assert ncm.accuracy(domains, changed) == ncm.accuracy(domains, data)
