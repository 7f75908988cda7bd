"""Drawings in a page: SVG of matplotlib made small, in the colours of the page, with ids that no other drawing has."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neurosim.edges.optional_packages import PLOT, needed
from neurosim.plots.style import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALL, PAGE = 3.7, 11.0
"""Widths in inches: of one of three beside each other, which is that of a telephone, too, and of a page."""

INK = "#010203"
"""Stands for the colour of the page's text."""

STYLE: Mapping[str, Any] = {
    "svg.fonttype": "path",  # so that it looks the same everywhere
    "svg.hashsalt": "neurosim",  # so that ids are the same each time
    "svg.image_inline": True,
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 8.5,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.formatter.use_mathtext": False,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
}

DOTS_PER_INCH = 200
"""Of what is drawn as an image: spikes."""

GLYPH = re.compile(r'<path id="(DejaVuSans[\w-]*)"([^>]*)/>')
COORDINATES = re.compile(r'(\b(?:d|x|y|width|height|points)="|translate\()([^")]*)')
DECIMALS = re.compile(r"(\d+\.\d{2})\d+")


@dataclass(frozen=True)
class Drawing:
    """A picture as SVG.

    Attributes
    ----------
    words
        What is on it, for those who do not see it.
    box
        Its ``viewBox``.
    content
        What is within the element ``svg``.
    glyphs
        The letters that it uses, by id; a page has them once.
    """

    words: str
    box: str
    content: str
    glyphs: Mapping[str, str]


def drawn(name: str, words: str, draw: Callable[[Axes], object], height: float, width: float = SMALL) -> Drawing:
    """Draw into a page.

    Parameters
    ----------
    name
        Begins all ids; no other drawing of the page has it.
    words
        What is on it, for those who do not see it.
    height, width
        In inches.

    Raises
    ------
    BackendUnavailable
        Where matplotlib is missing.
    """
    with needed(PLOT, "pictures"):
        from cycler import cycler
        from matplotlib import style
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    colours = {"axes.prop_cycle": cycler(color=PALETTE)}
    with style.context(["default", {**STYLE, **colours}], after_reset=True):
        figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained")
        ax = figure.subplots()
        for behind in (figure.patch, ax.patch):
            behind.set_visible(False)
        draw(ax)
        content = io.StringIO()
        none = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        # Not by `savefig`, which draws everything twice.
        FigureCanvasSVG(figure).print_svg(content, metadata=none)  # type: ignore[no-untyped-call]
    return of_svg(name, words, content.getvalue())


def of_svg(name: str, words: str, text: str) -> Drawing:
    """Make a drawing of a file in SVG, without its head, its own rules of style and the ids that nothing refers to.

    Parameters
    ----------
    name
        Begins all ids; no other drawing of the page has it.
    words
        What is on it, for those who do not see it.
    """
    head, _, content = text[text.index("<svg") :].partition(">")
    content = content[: content.rindex("</svg>")]
    content = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", content, flags=re.DOTALL)
    content = content.replace("xlink:href", "href").replace(INK, "currentColor")
    content, glyphs = _without_glyphs(content)
    content = COORDINATES.sub(lambda m: m[1] + _shorter(m[2]), content)
    content = re.sub(r"<defs>\s*</defs>", "", content)
    content = re.sub(r"\n\s*", "\n", _with_own_ids(name, content))
    return Drawing(words, _box(head), content.strip(), glyphs)


def _box(head: str) -> str:
    found = re.search(r'viewBox="([^"]*)"', head)
    assert found is not None, "matplotlib and our own pictures have one"
    return found[1]


def _without_glyphs(content: str) -> tuple[str, dict[str, str]]:
    """The content without the shapes of letters, and these by id."""
    glyphs = {m[1]: f'<path id="{m[1]}"{_in_a_line(m[2])}/>' for m in GLYPH.finditer(content)}
    return GLYPH.sub("", content), glyphs


def _in_a_line(path: str) -> str:
    return re.sub(r"\s*\n\s*", "", path.rstrip())


def _shorter(value: str) -> str:
    """Numbers with at most two decimals: a hundredth of a point is less than anybody sees."""
    return _in_a_line(DECIMALS.sub(r"\1", value))


def _with_own_ids(name: str, content: str) -> str:
    referred = dict.fromkeys(re.findall(r'(?:url\(#|href="#)([^")]+)', content))
    own = {old: f"{name}-{k}" for k, old in enumerate(referred) if not old.startswith("DejaVuSans")}
    content = re.sub(r' id="([^"]*)"', lambda m: f' id="{own[m[1]]}"' if m[1] in own else "", content)
    return re.sub(r'(url\(#|href="#)([^")]+)', lambda m: m[1] + own.get(m[2], m[2]), content)
