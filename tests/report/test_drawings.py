"""Drawings in a page: small, in its colours, and none gets in the way of another."""

from __future__ import annotations

import base64
import re

from neurosim.report.drawing import INK, drawn


def dots(ax) -> None:
    ax.scatter([1, 2], [3, 4], rasterized=True)


def lines(ax) -> None:
    ax.plot([1, 2], [3, 4])
    ax.fill_between([1, 2], [1, 2], [3, 4], alpha=0.2)
    ax.set_title("Two")


def test_ids_of_two_drawings_differ_though_they_are_alike() -> None:
    a, b = (drawn(name, "words", lines, 2.0) for name in "ab")
    ids = [set(re.findall(r' id="([^"]*)"', d.content)) for d in (a, b)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert a.content == b.content.replace('"b-', '"a-').replace("#b-", "#a-")


def test_only_ids_that_something_refers_to_are_kept() -> None:
    content = drawn("a", "words", lines, 2.0).content
    referred = set(re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', content))
    assert set(re.findall(r' id="([^"]*)"', content)) == {x or y for x, y in referred if not y.startswith("DejaVu")}


def test_the_shapes_of_letters_are_apart_from_the_drawing() -> None:
    drawing = drawn("a", "words", lines, 2.0)
    used = set(re.findall(r'href="#(DejaVuSans[^"]*)"', drawing.content))
    assert used <= drawing.glyphs.keys()
    assert sum(' d="M' in shape for shape in drawing.glyphs.values()) > 5


def test_text_has_the_colour_of_the_page_and_its_size() -> None:
    content = drawn("a", "words", lines, 2.0).content
    assert INK not in content
    assert "currentColor" in content
    assert "scale(0.102 -0.102)" in content  # 1.2 times 8.5 points, of a title


def test_nothing_is_behind_the_drawing() -> None:
    content = drawn("a", "words", lines, 2.0).content
    assert "#ffffff" not in content
    assert "<style" not in content


def test_places_have_at_most_two_decimals() -> None:
    content = drawn("a", "words", lines, 2.0).content
    assert re.findall(r'[\s"]x="\d+\.\d{3}', content) == []
    assert re.findall(r'd="[^"]*\d\.\d{3}', content) == []


def test_an_image_is_transparent_and_has_no_words_about_its_making() -> None:
    (image,) = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)", drawn("a", "words", dots, 2.0).content)
    image = base64.b64decode(image)
    assert image[25] == 6  # colours with opacity
    assert not {b"tEXt", b"iTXt", b"zTXt", b"tIME"} & {image[k : k + 4] for k in range(len(image))}
