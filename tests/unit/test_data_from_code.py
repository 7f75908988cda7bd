"""Data that functions give: of installed packages, and of code that is allowed to run; what they gave is checked."""

import hashlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.errors import SpecError
from neurosim.program.trial.stimuli import Events, Rows
from neurosim.scenario import datasets, schema
from neurosim.scenario.datasets import Samples
from neurosim.scenario.datasets.from_code import entry_points, python_code
from neurosim.scenario.datasets.from_code.function import called

GIVEN = """
import numpy as np
from neurosim.scenario.datasets import Samples

asked = []

def load(folder, steps):
    asked.append((folder, steps))
    return Samples(np.linspace(0, 1, 60).reshape(12, 5), np.arange(12) % 3, training=9, class_names=("a", "b", "c"))

def broken(folder, steps):
    return np.zeros(3)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Install a package of one module, which offers data sets."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))

    def install(text: str = GIVEN, **offered: str) -> None:
        info = tmp_path / "site" / "their_package-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n")
        lines = [f"{name} = {value}" for name, value in offered.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{entry_points.DATA_SETS.group}]", *lines]) + "\n")
        (tmp_path / "site" / "their_data.py").write_text(text)

    yield install
    for name in set(sys.modules) - before:
        del sys.modules[name]


def samples(**changes: Any) -> Samples:
    parts = {"inputs": np.full((4, 3), 0.5), "labels": np.array([0, 1, 0, 1])} | changes
    return Samples(**parts)


# entry points


def test_a_data_set_of_an_installed_package_is_one_of_a_scenario(package) -> None:
    package(theirs="their_data:load")
    data = schema.DataTable(name="theirs", test=3).build(Path("somewhere"))
    assert (data.name, data.units, data.classes, data.class_names) == ("theirs", 5, 3, ("a", "b", "c"))
    assert (len(data.train), len(data.test)) == (9, 3)
    assert sys.modules["their_data"].asked == [(Path("somewhere"), None)]


def test_a_package_is_imported_when_its_name_is_asked_for_and_not_before(package) -> None:
    package(theirs="their_data:load", other="their_data:broken")
    datasets.load("digits", test=100)
    assert entry_points.DATA_SETS.names() == ["other", "theirs"]
    assert "their_data" not in sys.modules


def test_an_unknown_name_is_answered_with_those_that_are_installed(package) -> None:
    package(theirs="their_data:load")
    with pytest.raises(SpecError, match=re.escape("[data] name = 'theirz'; did you mean 'theirs'? (known: digits,")):
        datasets.load("theirz")


def test_a_data_set_of_neurosim_cannot_be_replaced(package) -> None:
    package(digits="their_data:load")
    assert datasets.load("digits", test=100).units == 64
    assert "their_data" not in sys.modules


@pytest.mark.parametrize(
    ("text", "value", "told"),
    [
        ("import no_such_package", "their_data:load", "their_data:load of their-package cannot be imported: ModuleNot"),
        (GIVEN, "their_data:lod", "their_data:lod of their-package cannot be imported: AttributeError"),
        ("load = 3", "their_data:load", "their_data:load of their-package is 3; expected a function"),
        ("def load(f, s): raise KeyError('x')", "their_data:load", "of their-package ended in KeyError: 'x'"),
        ("def load(f): pass", "their_data:load", "of their-package ended in TypeError: load() takes 1 positional"),
        (GIVEN, "their_data:broken", "their_data:broken of their-package gave array([0., 0., 0.]), expected neurosim."),
    ],
)
def test_what_goes_wrong_names_the_entry_point(package, text: str, value: str, told: str) -> None:
    package(text, theirs=value)
    with pytest.raises(SpecError, match=re.escape("[data] name = 'theirs': ")) as caught:
        datasets.load("theirs")
    assert told in str(caught.value)


# what they gave


@pytest.mark.parametrize(
    ("changes", "steps", "told"),
    [
        ({"inputs": [[0.0] * 3] * 4}, None, "inputs of type list, expected an array, Events or Rows"),
        ({"inputs": np.zeros((4, 3, 2))}, None, "inputs of shape (4, 3, 2), expected (samples, units), or Events"),
        ({"inputs": np.full((4, 3), np.nan)}, None, "inputs has values that are not finite"),
        ({"inputs": np.full((4, 3), 1.5)}, None, "inputs from 1.5 to 1.5, expected numbers in [0, 1]"),
        ({"inputs": np.full((4, 3), -0.5)}, None, "inputs from -0.5 to -0.5, expected numbers in [0, 1]"),
        ({"inputs": np.full((4, 3), 200, np.uint8)}, None, "inputs from 200 to 200, expected numbers in [0, 1]"),
        ({"inputs": np.array([["a"] * 3] * 4)}, None, "inputs has values of type <U1; expected real numbers"),
        ({}, 5, "samples without time, but [data] steps = 5; leave steps out"),
        ({"inputs": Events.from_dense(np.ones((4, 6, 3)))}, 5, "spikes in 6 steps, expected 5 as [data] steps says"),
        ({"labels": np.array([0, 1, 0])}, None, "labels of shape (3,), expected (4,): one for each sample"),
        ({"labels": np.array([0, -1, 0, 1])}, None, "labels has -1 in it; expected whole numbers"),
        ({"labels": np.array([0, 0.5, 0, 1])}, None, "labels has 0.5 in it; expected whole numbers"),
        ({"groups": np.zeros((4, 1), int)}, None, "groups of shape (4, 1), expected (4,): one for each sample"),
        ({"training": 4}, None, "training = 4, expected a number from 1 to 3: how many of 4 samples are for training"),
        ({"training": True}, None, "training = True, expected a number from 1 to 3"),
        ({"shape": (2, 2)}, None, "shape = (2, 2), expected one of 3 values, as a sample has"),
        ({"class_names": ("a",)}, None, "class_names = ['a'], expected 2 different texts, one for each class"),
        ({"class_names": ("a", "a")}, None, "class_names = ['a', 'a'], expected 2 different texts"),
        ({"class_names": "ab"}, None, "class_names = 'ab', expected a text for each class"),
    ],
)
def test_what_a_function_gives_is_checked(changes: dict[str, Any], steps: int | None, told: str) -> None:
    with pytest.raises(SpecError, match=re.escape(f"theirs gave {told}")):
        called(lambda *_: samples(**changes), None, steps, "theirs")


def test_a_class_without_a_sample_is_refused_in_their_data_too(package) -> None:
    text = "import numpy as np\nfrom neurosim.scenario.datasets import Samples\n"
    package(text + "def load(f, s): return Samples(np.ones((9, 2)), np.arange(9) % 3 * 2)", theirs="their_data:load")
    with pytest.raises(SpecError, match="data set theirs: its labels are 3 numbers from 0 to 4, but no sample is of"):
        datasets.load("theirs", test=3)


@pytest.mark.parametrize(
    "inputs", [np.eye(4, 3, dtype=bool), np.full((4, 3), 1, np.int32), Events.from_dense(np.ones((4, 6, 3))),
               Rows(np.full((4, 3), 255, np.uint8), table=np.arange(256) / 255)],
    ids=["truth values", "whole numbers", "spikes", "bytes with a table"],
)  # fmt: skip
def test_what_may_be_given_is_taken(inputs: Any) -> None:
    given = called(lambda *_: samples(inputs=inputs, shape=[3, 1], groups=[0, 1, 2, 3]), None, None, "theirs")
    assert given.shape == (3, 1)
    assert given.labels.dtype == np.int64
    assert datasets.of_samples("theirs", given, test=1).units == 3


# code


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "my_data.py"
    path.write_text(GIVEN)
    return path


def test_code_is_not_executed_unless_that_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "my_data.py"
    path.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n{GIVEN}")
    table = schema.CodeTable(code=f"{path}:load")
    with pytest.raises(SpecError, match=re.escape("Python code is executed, with all that stands in it; add --allow")):
        table.build()
    assert not (tmp_path / "ran").exists()
    table.build(allow_code=True)
    assert (tmp_path / "ran").exists()


def test_a_data_set_of_code_knows_its_file_and_digest(code: Path) -> None:
    data = schema.CodeTable(code=f"{code}:load").build(allow_code=True)
    assert data.source == (str(code), hashlib.sha256(code.read_bytes()).hexdigest())
    assert data.name == "my_data.py:load"


def test_a_module_is_named_as_it_is_imported(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(code.parent))
    data = schema.CodeTable(code="my_data:load").build(allow_code=True)
    del sys.modules["my_data"]
    assert data.source == (str(code), hashlib.sha256(code.read_bytes()).hexdigest())


def test_the_split_does_not_depend_on_the_folder_of_the_file(code: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    moved = tmp_path / "b" / code.name
    moved.write_bytes(code.read_bytes())
    a, b = (schema.CodeTable(code=f"{p}:load", train=6).build(allow_code=True) for p in (code, moved))
    np.testing.assert_array_equal(a.train, b.train)


def test_a_file_of_code_is_looked_for_beside_the_scenario(code: Path) -> None:
    text = (
        (Path(__file__).parents[1] / "digits_sleep.toml")
        .read_text()
        .replace('name = "digits"', 'code = "my_data.py:load"')
    )
    (code.parent / "a.toml").write_text(text)
    assert schema.read(code.parent / "a.toml").data.code == f"{code}:load"


def test_a_file_may_define_dataclasses(tmp_path: Path) -> None:
    (tmp_path / "d.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        f"{GIVEN}\n@dataclass\nclass A:\n    x: int\n"
    )
    assert python_code.read(f"{tmp_path / 'd.py'}:load", None, None)[0].training == 9


@pytest.mark.parametrize(
    ("text", "function", "told"),
    [
        (GIVEN, "lod", "my_data.py has no 'lod'; did you mean 'load'?"),
        ("x = (", "load", "my_data.py ended in SyntaxError"),
        ("\nraise KeyError('x')", "load", "my_data.py, line 2, ended in KeyError: 'x'"),
        ("import sys\nsys.exit(3)", "load", "line 2, ended in SystemExit: 3"),
        (GIVEN, "broken", "[data] code = 'my_data.py:broken' gave array([0., 0., 0.]), expected"),
    ],
)
def test_what_goes_wrong_in_code_names_it(code: Path, text: str, function: str, told: str) -> None:
    code.write_text(text)
    with pytest.raises(SpecError) as caught:
        python_code.read(f"{code}:{function}", None, None)
    assert told in str(caught.value)


@pytest.mark.parametrize("name", ["my_data.py", ":load", "my data:load", "my_data.py:", "a.b:c d", "os.system(1):x"])
def test_a_text_that_names_no_function_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match=re.escape("expected 'FILE.py:FUNCTION' or 'PACKAGE.MODULE:FUNCTION'")):
        python_code.name_of(name)


def test_a_module_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="module no_such_module cannot be imported and ended in ModuleNotFoundError"):
        python_code.read("no_such_module:load", None, None)
    with pytest.raises(SpecError, match=re.escape("nowhere.py: No such file or directory")):
        python_code.read(f"{tmp_path / 'nowhere.py'}:load", None, None)


# the table


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, "expected one of name, file, code, tonic, found none of them"),
        ({"name": "digits", "code": "a.py:b"}, "expected one of name, file, code, tonic, found name and code"),
        ({"tonic": "NMNIST", "steps": 3}, "'data.duration' is missing"),
        ({"name": "digits", "duration": "3 ms"}, "unknown key 'data.duration'"),
        ({"code": "a b"}, "expected 'FILE.py:FUNCTION'"),
    ],
)
def test_data_have_one_source(table: dict[str, Any], told: str) -> None:
    document = schema.document((Path(__file__).parents[1] / "digits_sleep.toml").read_text())
    with pytest.raises(SpecError) as caught:
        schema.from_document(document | {"data": table})
    assert told in str(caught.value)


def test_resolved_settings_of_other_data_are_as_of_old() -> None:
    assert schema.DataTable(name="digits", test=3).model_dump() == {
        "name": "digits", "test": 3, "validation": 0, "train": None, "steps": None, "split_seed": 0,
    }  # fmt: skip
