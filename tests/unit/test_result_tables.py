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
from neurosim.scenario.schema import ScenarioFile
from neurosim.scenario.studies.cells import cells_of

SCENARIOS = Path(__file__).parents[2] / "scenarios"
STUDIES = SCENARIOS / "studies"
SCRIPTS = ("nearest_class_mean", "write_tables")
FILES = sorted(STUDIES.glob("*.toml"))


@pytest.fixture(scope="module")
def scripts() -> Iterator[Any]:
    """The scripts import one another from their own folder, which is not left on the path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCENARIOS))
        patch.syspath_prepend(str(STUDIES))
        import nearest_class_mean
        import write_tables

        yield write_tables, nearest_class_mean
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


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.stem)
def test_every_cell_of_a_study_is_a_scenario(file: Path) -> None:
    cells = cells_of(ScenarioFile.read(file))
    assert len({c.cell.place for c in cells}) == len(cells) > 2
    for one in cells:
        plan(one.document.scenario())


@pytest.mark.parametrize("name", ["engrams", "domains", "domains_shared"])
def test_variants_of_engrams_are_what_their_names_say(name: str) -> None:
    for one in cells_of(ScenarioFile.read(STUDIES / f"{name}.toml")):
        tables, variant = one.document.tables, one.cell.variant
        factors = {p["wake"]["learning"][0]["m"] for p in tables["network"]["projection"].values()}
        assert len(factors) == 1
        assert (factors == {0.0}) == variant.startswith("plain"), variant
        gate = tables.get("gates", {}).get("kind")
        assert variant.endswith(gate.replace("-", "_") if gate else ("plain_binary", "metaplastic", "plain")), variant


# tables in pages


def test_tables_of_pages_are_those_that_studies_gave(scripts) -> None:
    write_tables, _ = scripts
    found = []
    for page in write_tables.PAGES:
        for name, text in re.findall(r"<!-- study: (\w+) begin -->\n\n(.*?)\n<!-- study", page.read_text(), flags=re.S):
            assert text == (write_tables.TABLES / f"{name}.md").read_text(), f"{page.name}: {name}"
            found.append(name)
    assert sorted(found) == sorted(p.stem for p in write_tables.TABLES.glob("*.md") if p.stem != "rehearsal")


def test_a_table_is_put_between_its_marks(scripts) -> None:
    write_tables, _ = scripts
    page = "a\n<!-- study: x begin -->\nold\n<!-- study: x end -->\nb\n"
    new = write_tables.in_page(page, "x", "| new |\n")
    assert new == "a\n<!-- study: x begin -->\n\n| new |\n\n<!-- study: x end -->\nb\n"
    assert write_tables.in_page(new, "x", "| new |\n") == new
    assert write_tables.in_page(new, "y", "| other |\n") == new


def test_nearest_class_mean_is_the_last_row(scripts) -> None:
    write_tables, _ = scripts
    table = "| variant | n | accuracy | forgetting |\n| :-- | --: | --: | --: |\n| a | 3 | 0.5 | 0.1 |\n\nMean.\n"
    assert write_tables.with_last_row(table, 0.9028).splitlines()[3:] == [
        "| nearest class mean | - | 0.903 | - |",
        "",
        "Mean.",
    ]


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
