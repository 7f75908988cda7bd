"""Where names of neurosim lead: a class is written down in one module, is public in another, and has its page there.

A name that has no page stays text; one that does not exist is a warning.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement) -> nodes.Element | None:
    """Give the link to the page of the same name, if there is just one; else the name alone, if it is one."""
    if node.get("refdomain") != "py":
        return None
    python = env.domains["py"]
    last = node["reftarget"].rpartition(".")[2]
    pages = [name for name, *_ in python.get_objects() if name.rpartition(".")[2] == last]
    if len(pages) == 1:
        return python.resolve_xref(env, node["refdoc"], app.builder, "obj", pages[0], node, content)
    return content if exists(node["reftarget"]) else None


def exists(name: str) -> bool:
    """Whether a name leads to something in neurosim."""
    try:
        return name.startswith("neurosim.") and resolve_name(name) is not None
    except (ImportError, AttributeError, ValueError):
        return False


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
