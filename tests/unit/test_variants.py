"""Files that extend others, variants and settings: the document that comes out of each, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from shipped import SCENARIO_FILES

from neurosim.edges.toml import settings as toml_settings
from neurosim.edges.toml.layers import laid_over
from neurosim.errors import SpecError
from neurosim.scenario import schema
from neurosim.scenario.schema import ScenarioFile
from neurosim.scenario.studies.cells import cells_of

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SLEEP, JOINT = SCENARIOS / "digits_sleep.toml", SCENARIOS / "digits_joint.toml"


@pytest.fixture
def write(tmp_path: Path) -> Any:
    """Write a file that extends digits_sleep, which lies beside it, and read it."""
    for path in (SLEEP, JOINT):
        (tmp_path / path.name).write_text(path.read_text())

    def read(text: str, name: str = "study.toml") -> ScenarioFile:
        (tmp_path / name).write_text(f'extends = "digits_sleep.toml"\n{text}')
        return ScenarioFile.read(tmp_path / name)

    return read


def tables_of(path: Path) -> dict[str, Any]:
    return schema.document(schema.text_of(path))


# laid over


@pytest.mark.parametrize(
    ("below", "above", "both"),
    [
        ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        ({"t": {"a": 1, "b": 2}}, {"t": {"b": 3}}, {"t": {"a": 1, "b": 3}}),
        ({"t": {"a": [1, 2]}}, {"t": {"a": [3]}}, {"t": {"a": [3]}}),
        ({"t": {"kind": "x", "a": 1}}, {"t": {"kind": "y"}}, {"t": {"kind": "y"}}),
        ({"t": {"kind": "x", "a": 1}}, {"t": {"kind": "x", "b": 2}}, {"t": {"kind": "x", "a": 1, "b": 2}}),
        ({"t": {"model": "x", "a": 1}}, {"t": {"b": 2}}, {"t": {"model": "x", "a": 1, "b": 2}}),
        ({"t": {"a": 1}}, {"t": 2}, {"t": 2}),
        ({"t": 2}, {"t": {"a": 1}}, {"t": {"a": 1}}),
    ],
)
def test_laid_over(below: dict[str, Any], above: dict[str, Any], both: dict[str, Any]) -> None:
    before = repr((below, above))
    assert laid_over(below, above) == both
    assert repr((below, above)) == before


# what comes out


def test_a_file_that_says_nothing_of_variants_is_its_own_text() -> None:
    document = ScenarioFile.read(SLEEP).document()
    assert document.text == SLEEP.read_text()
    assert document.tables == tables_of(SLEEP)


@pytest.mark.parametrize("path", SCENARIO_FILES, ids=lambda p: p.stem)
def test_a_changed_document_is_written_as_a_text_of_the_same(path: Path) -> None:
    document = ScenarioFile.read(path).document(settings={"scenario.description": 'quotes " and \\ and\nlines ü'})
    read = schema.document(document.text)
    assert read == document.tables
    assert schema.digest_of(read) == document.digest  # types, too: 1 is not 1.0
    assert schema.parse(document.text) == schema.from_document(document.tables)


def test_a_file_is_that_which_it_extends_with_its_own_tables_over_it(write: Any) -> None:
    document = write("[training]\nepochs = 7\n").document()
    assert document.tables["training"] == {**tables_of(SLEEP)["training"], "epochs": 7}
    assert schema.document(document.text) == document.tables


def test_the_file_itself_has_nothing_of_its_variants(write: Any) -> None:
    document = write("[variants.a.training]\nepochs = 7\n[grid]\n'sleep.steps' = [1]\n[study]\nname='s'\n").document()
    assert document.tables == tables_of(SLEEP)


def test_a_variant_takes_away_lays_over_and_sets(write: Any) -> None:
    file = write(
        "[variants.a]\nwithout = ['sleep', 'network.projection.*.sleep']\n"
        "stream = { kind = 'joint' }\n"
        "set = { 'network.projection.*.wake.learning.0.lr' = 0.5, 'training.epochs' = 3 }\n"
    )
    tables = file.document("a").tables
    assert "sleep" not in tables
    assert all("sleep" not in table for table in tables["network"]["projection"].values())
    assert tables["stream"] == {"kind": "joint"}
    assert [p["wake"]["learning"][0]["lr"] for p in tables["network"]["projection"].values()] == [0.5, 0.5]
    assert tables["training"]["epochs"] == 3


def test_what_a_variant_takes_away_it_can_say_anew(write: Any) -> None:
    sleep = {"input": "input", "per_task": [3], "rate": 0.1}
    file = write("[variants.a]\nwithout = ['sleep']\nsleep = { input = 'input', per_task = [3], rate = 0.1 }\n")
    assert file.document("a").tables["sleep"] == sleep


def test_a_variant_of_another_file_has_nothing_of_this_one(write: Any) -> None:
    file = write("[training]\nepochs = 7\n[variants.joint]\nextends = 'digits_joint.toml'\n")
    assert file.document("joint").tables == tables_of(JOINT)


def test_a_setting_is_put_where_its_table_may_have_it(write: Any) -> None:
    assert write("").document(settings={"sleep.mask": 3}).tables["sleep"]["mask"] == 3


def test_settings_of_the_command_line_are_values_of_toml_or_texts() -> None:
    texts = ["a=1", "b=0.5", "c=true", "d=[1, 2]", "e='x'", "f=joint", "g=3 ms", "h=x=y", "a=2", "i=1\nj=2"]
    assert toml_settings.parsed(texts) == {
        "a": 2, "b": 0.5, "c": True, "d": [1, 2], "e": "x", "f": "joint", "g": "3 ms", "h": "x=y", "i": "1\nj=2",
    }  # fmt: skip


VALUES = [
    ("1,2", (1, 2)), ("0.5", (0.5,)), ("joint,permuted", ("joint", "permuted")), ("[1],[2]", ([1], [2])),
]  # fmt: skip


@pytest.mark.parametrize(("text", "values"), VALUES)
def test_several_values_of_the_command_line(text: str, values: tuple[Any, ...]) -> None:
    assert toml_settings.values_of(text) == values


def test_paths_lead_where_the_file_that_says_them_says(tmp_path: Path) -> None:
    base, study = tmp_path / "base", tmp_path / "studies" / "deep"
    for folder in (base, study):
        folder.mkdir(parents=True)
    text = SLEEP.read_text().replace("increment = 2", "increment = 5")
    mock = '[devices.chip]\non = "reference"\ncalibration = "chip.toml"\n'
    pretraining = '[pretraining]\ninput = "input"\noutput = "output"\nsteps = 3\nlr = 0.1\nfile = "nets/first.h5"\n'
    (base / "base.toml").write_text(text + mock + pretraining)
    (study / "study.toml").write_text('extends = "../../base/base.toml"\n[variants.a]\n')
    for variant in (None, "a"):
        scenario = schema.read(study / "study.toml", variant)
        assert scenario.pretraining is not None
        assert scenario.pretraining.file is not None
        assert Path(scenario.pretraining.file).resolve() == base / "nets" / "first.h5"
        assert Path(scenario.devices["chip"].calibration).resolve() == base / "chip.toml"  # type: ignore[union-attr, arg-type]


# cells


@pytest.mark.parametrize("values", [(3, 4, 3), (0, 0), (0.5, 5e-1)])
def test_a_value_of_the_grid_of_a_command_is_there_once(write: Any, values: tuple[float, ...]) -> None:
    with pytest.raises(SpecError, match=r"^\'grid\.sleep\.growth\' has .* twice; expected each value once$"):
        cells_of(write(""), None, {"sleep.growth": values})


def test_cells_are_variants_by_the_values_of_the_grid(write: Any) -> None:
    file = write("[variants.a]\n[variants.b]\n[grid]\n'sleep.steps' = [1, 2]\n'sleep.rate' = [0.1]\n")
    places = [c.cell.place for c in cells_of(file)]
    assert places == [f"{v},sleep.steps={s},sleep.rate=0.1" for v in "ab" for s in (1, 2)]
    chosen = cells_of(file, ["b"], {"sleep.steps": (3,)})
    assert [c.cell.settings for c in chosen] == [{"sleep.steps": 3, "sleep.rate": 0.1}]
    assert chosen[0].document.tables["sleep"]["steps"] == 3


def test_a_file_without_variants_is_a_cell_itself(write: Any) -> None:
    assert [c.cell.place for c in cells_of(write(""))] == ["digits_sleep"]


def test_the_digest_is_of_what_the_document_says_not_of_how(write: Any) -> None:
    first, other = (
        write(t).document("a") for t in ("[variants.a.sleep]\nsteps = 5\n", "variants.a.sleep.steps = 5 #\n")
    )
    assert first.digest == other.digest
    assert write("[variants.a.sleep]\nsteps = 6\n").document("a").digest != first.digest


# what is refused


MISTAKES = [
    ("[variants.a]\nsleeep = {}", "study.toml: unknown key 'variants.a.sleeep'; did you mean 'sleep'?"),
    ("[variants.a]\nwithout = ['slep']", "variant a: without 'slep': 'slep' is not there; did you mean 'sleep'?"),
    ("[variants.a]\nset = { 'sleep.stepz' = 3 }", "variant a: set sleep.stepz: 'stepz' is not there; did you mean"),
    ("[variants.a]\nset = { 'sleep.steps' = 'x' }", "variant a: 'sleep.steps' = 'x': expected a whole number"),
    ("[variants.a.sleep]\nstepz = 3", "study.toml: variant a: unknown key 'sleep.stepz'; did you mean 'steps'?"),
    ("[variants.a]\nextends = 'digits_joynt.toml'", "digits_joynt.toml: No such file or directory; did you"),
    ("[variants.a]\nextends = 3", "'variants.a.extends' = 3: expected a text"),
    ("[variants.'a b']", "study.toml: 'variants.a b"),
    ("[variants]\na = 3", "'variants.a' = 3: expected a table"),
    ("[grid]\n'sleep.steps' = []", "'grid.sleep.steps' = []: expected at least 1 item"),
    ("[grid]\n'sleep.steps' = [1, 2, 1]", "'grid.sleep.steps' has 1 twice"),
    ("[grid]\n'sleep.stepz' = [1]", "study.toml: setting sleep.stepz: 'stepz' is not there"),
    (
        f"[grid]\n'sleep.steps' = {list(range(1, 101))}\n'training.epochs' = {list(range(1, 101))}",
        "make 10,000 cells; expected at most 1,000",
    ),
    ("[study]\nname = 'a/b'", "'study.name' = 'a/b'"),
    ("[study]\nseed = 3", "unknown key 'study.seed'; did you mean 'seeds'?"),
    ("[study]\nbackends = []", "'study.backends' = []"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), MISTAKES, ids=[text[:40] for text, _ in MISTAKES])
def test_every_mistake_names_the_file_and_the_place(write: Any, text: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        cells_of(write(text))
    assert told in str(caught.value)
    assert "study.toml" in str(caught.value)


def test_a_variant_that_there_is_not_is_told(write: Any) -> None:
    file = write("[variants.sleep]\n")
    with pytest.raises(SpecError, match="variant slep: there is none of that name; did you mean 'sleep'"):
        file.document("slep")
    with pytest.raises(SpecError, match="there is no variant 'slep'; did you mean 'sleep'"):
        cells_of(file, ["slep"])


@pytest.mark.parametrize("names", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_files_that_extend_one_another_in_a_circle_are_refused(tmp_path: Path, names: list[str]) -> None:
    for name, following in zip(names, [*names[1:], names[0]], strict=True):
        (tmp_path / f"{name}.toml").write_text(f'extends = "{following}.toml"\n')
    with pytest.raises(SpecError, match=r"a\.toml: extends = .*a\.toml extends itself in a circle"):
        ScenarioFile.read(tmp_path / "a.toml")


def test_the_file_that_is_missing_is_named_with_the_one_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extends = "b.toml"\n')
    (tmp_path / "b.toml").write_text('extends = "c.toml"\n')
    with pytest.raises(
        SpecError, match=r"a\.toml: extends = 'b.toml': .*b\.toml: extends = 'c.toml': .*c\.toml: No such"
    ):
        ScenarioFile.read(tmp_path / "a.toml")


def test_a_text_alone_extends_nothing() -> None:
    with pytest.raises(SpecError, match="'extends' varies a file, and is no table of a scenario"):
        schema.parse('extends = "/etc/passwd"\n' + SLEEP.read_text())
