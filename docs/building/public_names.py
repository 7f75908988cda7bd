"""Where names of neurosim lead: a class is written down in one module, is public in another, and has its page there.

A name that has no page stays text; one that does not exist is a warning.
"""

from __future__ import annotations

import re
from pkgutil import resolve_name
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

ALIAS = re.compile(r"TypeAliasForwardRef\('(\w+)'\)")
Signature = tuple["str | None", "str | None"]


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


def plain_aliases(app: Sphinx, what: str, name: str, obj: Any, options: Any, *parts: str | None) -> Signature | None:
    """Name an alias of a type by its name, also where it is a part of a union."""
    if not any(part and "TypeAliasForwardRef" in part for part in parts):
        return None
    arguments, returned = (part and ALIAS.sub(r"\1", part) for part in parts)
    return arguments, returned


def exists(name: str) -> bool:
    """Whether a name leads to something in neurosim."""
    try:
        return name.startswith("neurosim.") and resolve_name(name) is not None
    except (ImportError, AttributeError, ValueError):
        return False


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("autodoc-process-signature", plain_aliases)
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
