"""Pages of names are reached from the tables of their groups, and lead back there; the sidebar has the groups alone.

With two hundred names in it, the sidebar would be most of every page, and of the time that the site takes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.autosummary import autosummary_toc
from sphinx.transforms import SphinxTransform

NAME = re.compile(r"^   (neurosim\.[\w.]+)$", re.M)


class WithoutNames(SphinxTransform):
    """Take the trees of names out of the pages of groups."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        """Remove the nodes, before Sphinx collects trees."""
        for node in list(self.document.findall(autosummary_toc)):
            node.parent.remove(node)


def groups(folder: Path) -> dict[str, tuple[str, str]]:
    """For each name the page that lists it: its file and its title."""
    texts = {page.stem: page.read_text(encoding="utf-8") for page in sorted(folder.glob("*.md"))}
    titles = {stem: text.partition("\n")[0].removeprefix("# ") for stem, text in texts.items()}
    return {name: (stem, titles[stem]) for stem, text in texts.items() for name in NAME.findall(text)}


def tell_groups(app: Sphinx, config: Any) -> None:
    """Give the templates of pages the groups."""
    config.autosummary_context = {"groups": groups(Path(app.srcdir) / "reference" / "api")}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("config-inited", tell_groups)
    app.add_transform(WithoutNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
