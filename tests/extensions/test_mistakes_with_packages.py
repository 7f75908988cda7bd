"""What is wrong with a package, or with what a file says of it, names the place and the entry point."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neurosim.edges.extensions import ExtensionGroup
from neurosim.errors import ModelError, NeurosimError, SpecError
from neurosim.model.network import Network
from neurosim.scenario import schema
from neurosim.scenario.preparation import prepare

TEXT = (Path(__file__).parent / "everything.toml").read_text(encoding="utf-8")

FILE: list[tuple[str, str, str]] = [
    ('kind = "halves"', 'kind = "halve"', "'stream.kind' = 'halve'; did you mean 'halves'? (known: class-incremental,"),
    ("first = 2", "frist = 2", "unknown key 'stream.frist'; did you mean 'first'? (known: first, kind)"),
    ("first = 2", 'first = "2"', "'stream.first' = '2': "),
    ('kind = "ring"', 'kind = "rong"', "'network.projection.w.connectivity.kind' = 'rong'; did you mean 'ring'?"),
    ("width = 3", "widht = 3", "unknown key 'network.projection.w.connectivity.widht'; did you mean 'width'?"),
    ('method = "delta"', 'method = "dleta"', "'training.method' = 'dleta'; did you mean 'delta'?"),
    ('output = "output"\n', "", "'training.output' is missing"),
    ('metrics = ["worst-task"]', 'metrics = ["worst"]', "'scenario.metrics.0' = 'worst'; did you mean 'worst-task'?"),
    ('metrics = ["worst-task"]', 'metrics = ["forgetting"]', "every run has this metric"),
    ('kind = "loud"', 'kind = "lout"', "'devices.chip.kind' = 'lout'; did you mean 'loud'?"),
    ("spread = 0.2", "sperad = 0.2", "unknown key 'devices.chip.sperad'; did you mean 'spread'?"),
]


@pytest.mark.parametrize(("old", "new", "told"), FILE, ids=[f"{old} {new}" for old, new, _ in FILE])
def test_a_mistake_in_the_file_is_told_with_its_place(packages: Path, old: str, new: str, told: str) -> None:
    assert old in TEXT
    with pytest.raises(SpecError) as caught:
        schema.parse(TEXT.replace(old, new))
    assert told in str(caught.value)


@pytest.fixture
def install(packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Install a further package of one module, which offers something in a group."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def installed(entry: str, text: str) -> None:
        group, line = entry.split(": ")
        info = tmp_path / "broken_one-2.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-one\nVersion: 2.0\n")
        (info / "entry_points.txt").write_text(f"[neurosim.{group}]\n{line}\n")
        (tmp_path / "broken_one.py").write_text(f"from dataclasses import dataclass\n{text}\n")

    yield installed
    sys.modules.pop("broken_one", None)


PACKAGE: list[tuple[str, str]] = [
    ("import no_such_module", "broken_one:It of broken-one cannot be imported: ModuleNotFoundError"),
    ("raise SystemExit(3)", "broken_one:It of broken-one cannot be imported: SystemExit: 3"),
    ("It = 3", "broken_one:It of broken-one is no class"),
    ("@dataclass\nclass It:\n    a: int = 1", "broken_one:It of broken-one has no method 'build'"),
    ("class It:\n    def build(self, data): pass", "It is no dataclass and no pydantic model"),
    (
        "@dataclass\nclass It:\n    def build(self, data): return 1/0",
        "broken_one:It of broken-one: ZeroDivision",
    ),
    ("@dataclass\nclass It:\n    def build(self, data): return [3]", "broken-one gave [3], expected a list of"),
]


def parsed_and_prepared() -> None:
    scenario = schema.parse(TEXT.replace('kind = "halves"\nfirst = 2', 'kind = "it"'))
    prepare(scenario, scenario.data.build())


@pytest.mark.parametrize(("text", "told"), PACKAGE, ids=[told for _, told in PACKAGE])
def test_what_is_wrong_with_a_package_names_it(install: Callable[[str, str], None], text: str, told: str) -> None:
    install("streams: it = broken_one:It", text)
    with pytest.raises(SpecError, match="stream") as caught:
        parsed_and_prepared()
    assert told in str(caught.value)


def test_a_task_that_trains_on_what_is_tested_is_refused(install: Callable[[str, str], None]) -> None:
    body = "from neurosim.scenario.streams import Task\n@dataclass\nclass It:\n    def build(self, data):"
    install("streams: it = broken_one:It", f"{body} return [Task(0, (0, 1, 2, 3), data.test, data.test, data.test)]")
    scenario = schema.parse(TEXT.replace('kind = "halves"\nfirst = 2', 'kind = "it"'))
    with pytest.raises(SpecError, match="task 0, train: samples that are not in the part 'train' of data set bars"):
        prepare(scenario, scenario.data.build())


def test_a_name_that_two_packages_offer_is_refused(install: Callable[[str, str], None]) -> None:
    install("streams: halves = broken_one:It", "")
    with pytest.raises(SpecError, match=r"have this name in the group neurosim\.streams; uninstall all but one"):
        schema.parse(TEXT)
    assert "broken_one" not in sys.modules


def test_names_are_listed_without_importing(install: Callable[[str, str], None]) -> None:
    install("streams: it = broken_one:It", "")
    assert ExtensionGroup("neurosim.streams").names() == ["halves", "it"]
    assert not {"broken_one", "halves_stream"} & set(sys.modules)


def test_a_network_whose_package_is_missing_is_refused_with_its_name(packages: Path, monkeypatch) -> None:
    text = schema.parse(TEXT).build_network().to_json()
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder != str(packages)])
    with pytest.raises(ModelError, match="projection w: connectivity of kind 'ring'; known: all-to-all"):
        Network.from_json(text)


def test_errors_of_packages_are_errors_of_neurosim(install: Callable[[str, str], None]) -> None:
    install("metrics: it = broken_one:It", "It = 3")
    with pytest.raises(NeurosimError, match="metric 'it': broken_one:It of broken-one is no neurosim"):
        schema.parse(TEXT.replace('"worst-task"', '"it"'))
