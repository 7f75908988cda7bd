"""Whoever reads a report without seeing it, or prints it, or reads it in the dark, gets all of it.

Checks of WCAG 2.1 that a program can make: outline, names of pictures, heads of tables, ids, links, contrast.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise

import pytest

VOID = {"meta", "link", "br", "img", "input", "hr", "wbr"}
AA = 4.5


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    inside: tuple[Element, ...]
    text: str = ""
    children: list[Element] = field(default_factory=list)


class Reader(HTMLParser):
    """All elements of a page, in their order; text counts for all elements that it is in."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {k: v or "" for k, v in attrs}, tuple(self.open))
        if self.open:
            self.open[-1].children.append(element)
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {k: v or "" for k, v in attrs}, tuple(self.open)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> without a beginning"
        assert self.open[-1].tag == tag, f"</{tag}> within <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def elements(html: str) -> list[Element]:
    reader = Reader()
    reader.feed(html)
    assert not reader.open, f"not ended: {[e.tag for e in reader.open]}"
    return reader.elements


@pytest.fixture(params=["html", "study_html"])
def found(request: pytest.FixtureRequest) -> list[Element]:
    return elements(request.getfixturevalue(request.param))


def of(found: list[Element], *tags: str) -> list[Element]:
    return [e for e in found if e.tag in tags]


def test_the_page_says_its_language_title_and_width(found) -> None:
    assert of(found, "html")[0].attributes["lang"] == "en"
    assert of(found, "title")[0].text.strip()
    assert any(m.attributes.get("name") == "viewport" for m in of(found, "meta"))


def test_it_has_one_main_part_and_one_heading_of_the_first_level(found) -> None:
    assert len(of(found, "h1")) == len(of(found, "main")) == 1


def test_headings_skip_no_level_and_have_texts(found) -> None:
    headings = of(found, "h1", "h2", "h3", "h4", "h5", "h6")
    levels = [int(h.tag[1]) for h in headings]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert all(h.text.strip() for h in headings)


def test_no_two_elements_have_the_same_id(found) -> None:
    times = Counter(e.attributes["id"] for e in found if "id" in e.attributes)
    assert [i for i, n in times.items() if n > 1] == []


def test_what_is_referred_to_is_there(found) -> None:
    ids = {e.attributes["id"] for e in found if "id" in e.attributes}
    referred = {v[1:] for e in found for k, v in e.attributes.items() if k == "href" and v.startswith("#")}
    referred |= {e.attributes["aria-labelledby"] for e in found if "aria-labelledby" in e.attributes}
    referred |= {i for e in found for v in e.attributes.values() for i in re.findall(r"url\(#([^)]*)\)", v)}
    assert referred
    assert referred - ids == set()


def test_every_picture_has_words(found) -> None:
    pictures = of(found, "svg")
    shown = [p for p in pictures if p.attributes.get("aria-hidden") != "true"]
    assert len(shown) > 5
    assert all(p.attributes["role"] == "img" and len(p.attributes["aria-label"]) > 20 for p in shown)
    assert len(pictures) - len(shown) == 1  # the shapes of letters


def test_every_figure_has_a_caption(found) -> None:
    for figure in of(found, "figure"):
        assert [c.text.strip() for c in figure.children if c.tag == "figcaption"] != [""]


def test_pictures_have_their_data_as_a_table(html: str) -> None:
    figures = of(elements(html), "figure")
    assert sum("details" in {c.tag for c in f.children} for f in figures) >= len(figures) - 3  # the section has theirs


def test_tables_say_what_they_are_of_and_which_heads_are_of_rows(found) -> None:
    tables = of(found, "table")
    assert len(tables) > 5
    for table in tables:
        inside = [e for e in found if table in e.inside]
        assert of(inside, "caption")[0].text.strip()
        assert {h.attributes.get("scope") for h in of(inside, "th")} <= {"col", "row"}
        assert all(h.text.strip() for h in of(inside, "th")), table.text[:80]


def test_no_two_tables_of_a_page_are_called_alike(found) -> None:
    times = Counter(c.text for c in of(found, "caption"))
    assert [c for c, n in times.items() if n > 1] == []


def test_rows_have_as_many_cells_as_there_are_heads(found) -> None:
    for table in of(found, "table"):
        rows = [e for e in found if e.tag == "tr" and table in e.inside]
        assert len({len(r.children) for r in rows}) == 1, table.text[:80]


def test_links_and_what_unfolds_say_where_they_lead(found) -> None:
    texts = [e.text.strip() for e in of(found, "a", "summary")]
    assert all(texts)
    assert len(set(texts)) == len(texts)


def test_what_scrolls_can_be_reached_and_has_a_name(found) -> None:
    boxes = [e for e in found if e.attributes.get("class") == "scrolls"]
    assert boxes
    assert all(b.attributes["tabindex"] == "0" and b.attributes["aria-label"] for b in boxes)


# contrast

STYLE = files("neurosim.report").joinpath("templates/style.css").read_text(encoding="utf-8")
ON_PAGE = ("text", "muted", "link", "good", "bad", "rules")
PAIRS = [
    *((ink, ground) for ink in ON_PAGE for ground in ("page", "raised")),
    *(("text", ground) for ground in ("own", "ours")),
    ("muted", "ours"),
    ("good", "own"),
]


def themes() -> Iterator[dict[str, str]]:
    """The colours of each block ``:root``: light, dark, and printed."""
    for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL):
        yield dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block))


THEMES = list(themes())


def luminance(colour: str) -> float:
    shares = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_themes_have_the_same_colours_and_paper_is_light() -> None:
    light, dark, printed = THEMES
    assert light.keys() == dark.keys()
    assert printed == light


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark", "printed"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read(theme: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(theme[ink], theme[ground]) >= AA


def test_the_stylesheet_has_no_colours_but_those_of_the_themes() -> None:
    rules = re.sub(r":root \{.*?\}", "", STYLE, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", rules) == []
    used = set(re.findall(r"var\(--(\w+)\)", rules))
    assert used <= THEMES[0].keys()
    assert {"text", "muted", "link", "good", "bad", "page", "raised"} <= used
