"""The folder of a study: places, what is kept in study.json, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neurosim.errors import InputError
from neurosim.results.store import checksummed
from neurosim.results.studies import AboutStudy, Cell, Study, StudyDirectory, place_of


def cell(variant: str, digest: str = "0", **settings: object) -> Cell:
    return Cell(place_of(variant, settings), variant, settings, digest * 64)


def about(*cells: Cell, name: str = "s") -> AboutStudy:
    return AboutStudy(name, "a study", "T0", cells)


def made(path: Path, asked: AboutStudy) -> None:
    with StudyDirectory.open(path, asked, {"s.toml": "# a comment\n"}):
        pass


@pytest.mark.parametrize(
    ("variant", "settings", "place"),
    [
        ("sleep", {}, "sleep"),
        ("sleep", {"sleep.steps": 300, "sleep.rate": 0.1}, "sleep,sleep.steps=300,sleep.rate=0.1"),
        ("a", {"x": True, "y": 1e-05, "z": "text"}, "a,x=true,y=1e-05,z=text"),
    ],
)
def test_a_place_says_what_lies_there(variant: str, settings: dict[str, object], place: str) -> None:
    assert place_of(variant, settings) == place


@pytest.mark.parametrize("settings", [{"*.lr": 1}, {"x": "a,y=b"}, {"x": "../../etc"}, {"x": [1, 2]}, {"x" * 300: 1}])
def test_a_place_is_a_name_of_a_file(settings: dict[str, object]) -> None:
    place = place_of("a", settings)
    assert "/" not in place
    assert "*" not in place
    assert len(place) <= 120
    assert cell("a", **settings).place == place


def test_other_settings_have_another_place() -> None:
    settings = [
        {"x": "a,y=b"},
        {"x": "a", "y": "b"},
        {"x": "a_y=b"},
        {"x": "a y=b"},
        {"x": 1},
        {"x": 1.0},
        {"x": "a y b"},
    ]
    assert len({place_of("a", s) for s in settings}) == len(settings)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    asked = about(cell("a", x=0.5), cell("b", x=[1, "t"]))
    made(tmp_path / "s", asked)
    assert Study.read(tmp_path / "s").about == asked
    assert (tmp_path / "s" / "files" / "s.toml").read_text() == "# a comment\n"


def test_the_same_study_has_the_same_bytes(tmp_path: Path) -> None:
    for _ in range(2):
        made(tmp_path / "s", about(cell("a")))
    made(tmp_path / "t", about(cell("a")))
    assert (tmp_path / "s" / "study.json").read_bytes() == (tmp_path / "t" / "study.json").read_bytes()


def test_a_new_cell_is_added_and_none_goes(tmp_path: Path) -> None:
    made(tmp_path, about(cell("a")))
    made(tmp_path, about(cell("b")))
    assert [c.place for c in Study.read(tmp_path).cells] == ["a", "b"]


def test_a_cell_that_has_changed_is_refused_by_its_name(tmp_path: Path) -> None:
    made(tmp_path, about(cell("a"), cell("b")))
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(InputError, match="the cell 'b' was another scenario"):
        made(tmp_path, about(cell("a"), cell("b", "1"), cell("c")))
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_another_study_is_refused(tmp_path: Path) -> None:
    made(tmp_path, about(cell("a")))
    with pytest.raises(InputError, match="the study 's', not 't'"):
        made(tmp_path, about(cell("a"), name="t"))


def test_a_folder_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(InputError, match=r"not the folder of a study, it has thesis\.txt"):
        made(tmp_path, about(cell("a")))
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_that_was_being_made_is_gone_on_with(tmp_path: Path) -> None:
    made(tmp_path, about(cell("a")))
    whole = (tmp_path / "study.json").read_bytes()
    (tmp_path / "study.json").unlink()
    (tmp_path / "study.json.part").write_bytes(whole[:30])
    made(tmp_path, about(cell("a")))
    assert (tmp_path / "study.json").read_bytes() == whole
    assert not (tmp_path / "study.json.part").exists()


def test_a_second_process_is_told_who_works_on_it(tmp_path: Path) -> None:
    with StudyDirectory.open(tmp_path, about(cell("a")), {}) as first:
        first.tell("asked", process=123, host="here")
        with pytest.raises(InputError, match=r"another process is working on this study \(process 123 on here, since "):
            StudyDirectory.open(tmp_path, about(cell("a")), {})


def altered(path: Path, **values: object) -> None:
    document = json.loads((path / "study.json").read_text())
    del document["sha256"]
    checksummed.write_json(path / "study.json", {**document, **values})


@pytest.mark.parametrize("place", ["../out", "a/b", ".hidden", "", "a\nb", "x" * 300])
def test_a_place_that_is_no_name_of_a_folder_is_refused(tmp_path: Path, place: str) -> None:
    made(tmp_path, about(cell("a")))
    altered(tmp_path, cells=[cell("a").document() | {"place": place}])
    with pytest.raises(InputError, match=r"not what a study is of: cells\.0\.place"):
        Study.read(tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    made(tmp_path, about(cell("a")))
    altered(tmp_path, neurosim_study=2)
    with pytest.raises(InputError, match="a study of format 2; this neurosim reads format 1"):
        Study.read(tmp_path)


def test_a_changed_byte_is_refused(tmp_path: Path) -> None:
    made(tmp_path, about(cell("a")))
    (tmp_path / "study.json").write_text((tmp_path / "study.json").read_text().replace("a study", "my study"))
    with pytest.raises(InputError, match="its checksum is not that of its contents"):
        Study.read(tmp_path)


@pytest.mark.parametrize("link", ["runs", "runs/a", "runs/a/reference-numpy", "runs/a/reference-numpy/seed0"])
def test_nothing_is_written_through_a_link(tmp_path: Path, link: str) -> None:
    folder = tmp_path / "s"
    with StudyDirectory.open(folder, about(cell("a")), {}) as study:
        (folder / link).parent.mkdir(parents=True, exist_ok=True)
        (folder / link).symlink_to(tmp_path)
        with pytest.raises(InputError, match="a link, expected a folder of the study"):
            study.run_path(cell("a"), "reference", "numpy", 0)
