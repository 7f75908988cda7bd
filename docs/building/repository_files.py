"""Links to files of the repository outside of docs/: they lead to a page with the text of the file.

A page in the repository links to what lies beside docs/ by a relative path, which Sphinx would offer as a download.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

FOLDER = "source"
LEXERS = {".py": "python", ".toml": "toml"}


class LinksToFiles(SphinxTransform):
    """Turn downloads of files that have a page into links to it."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        """Replace the nodes, before Sphinx collects what is to be downloaded."""
        for node in list(self.document.findall(addnodes.download_reference)):
            page = self.page(node["reftarget"])
            if page is not None:
                uri = self.app.builder.get_relative_uri(self.env.docname, page)
                node.replace_self(nodes.reference("", "", *node.children, refuri=uri, internal=True))
        for node in self.document.findall(addnodes.pending_xref):
            page = self.page_outside(node)
            if page is not None:
                node.attributes |= {"refdomain": "doc", "reftarget": page, "reftargetid": None}

    def page_outside(self, node: addnodes.pending_xref) -> str | None:
        """The page of a link that MyST took for one to a page: out of docs/, or in a text that is included."""
        docs = Path(self.app.srcdir)
        if node.get("refdomain") == "doc" and Path(node["reftarget"]).is_absolute():
            return page_of(Path(f"{node['reftarget']}.md"), docs, self.config)
        from_top = docs.parent / node["reftarget"]
        included = node.get("reftype") == "myst" and not node.get("refdomain") and from_top.is_file()
        return page_of(from_top, docs, self.config) if included else None

    def page(self, target: str) -> str | None:
        """The page of a file, whose path is from this page."""
        path = Path(self.env.relfn2path(target, self.env.docname)[1]).resolve()
        return page_of(path, Path(self.app.srcdir), self.config)


def page_of(path: Path, docs: Path, config: Any) -> str | None:
    """The page that shows a file, if there is one."""
    root = docs.resolve().parent
    if not path.is_relative_to(root):
        return None
    name = path.relative_to(root).as_posix()
    if name in config.repository_pages:
        return config.repository_pages[name]
    return f"{FOLDER}/{name}" if path in sources(docs, config) else None


def sources(docs: Path, config: Any) -> list[Path]:
    """The files that have a page of their own."""
    root = docs.resolve().parent
    return sorted({path for pattern in config.repository_sources for path in root.glob(pattern)})


def source_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each file: its path as the title, and its text."""
    docs = Path(app.srcdir)
    for path in sources(docs, app.config):
        name = path.relative_to(docs.resolve().parent).as_posix()
        text = app.builder.highlighter.highlight_block(path.read_text(encoding="utf-8"), LEXERS[path.suffix])
        yield f"{FOLDER}/{name}", {"title": name, "body": f"<h1>{name}</h1>\n{text}"}, "page.html"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_config_value("repository_pages", {}, "env")
    app.add_config_value("repository_sources", [], "env")
    app.add_transform(LinksToFiles)
    app.connect("html-collect-pages", source_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
