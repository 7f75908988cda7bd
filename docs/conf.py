"""The documentation site: `make docs` builds it into build/docs. No page of it loads anything from elsewhere."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "building"))

project = "neurosim"
author = "The neurosim developers"
copyright = author
version = release = metadata.version("neurosim")
extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
    "repository_files",
    "models",
    "public_names",
    "api_pages",
]
exclude_patterns = ["building"]
templates_path = ["building/templates"]
nitpicky = True
nitpick_ignore_regex = [("py:class", ".*"), ("py:obj", r"(?!neurosim\.).*")]
"""Types in signatures lead to a page where there is one; docstrings quote parameters and other packages as well."""

html_theme = "furo"
html_title = f"neurosim {release}"
html_static_path = ["building/static"]
html_css_files = ["site.css"]
html_js_files = ["keyboard.js"]
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}

repository_pages = {
    "README.md": "index",
    "CHANGELOG.md": "project/changes",
    "CONTRIBUTING.md": "project/contributing",
    "changelog.d/README.md": "project/next-release",
    "scenarios/README.md": "reference/scenarios",
}
"""Pages that have the text of a file outside of docs/, or take its place."""
repository_sources = ["scenarios/**/*.toml", "scenarios/**/*.py", "firmware/examples/**/*.py"]
"""Files that have a page with their text, to which links to them lead; links to others download them."""

myst_heading_anchors = 4
myst_links_external_new_tab = False
suppress_warnings = ["config.cache"]

default_role = "py:obj"
python_use_unqualified_type_names = True
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("Array", "Given", "Progress", "Recorded", "Precision")}
"""Types that a signature is clearer without: the page on Python says what they stand for."""
python_maximum_signature_line_length = 90
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "special-members": "__call__, __getitem__"}
autosummary_generate = True
autosummary_imported_members = True
numpydoc_show_class_members = False
numpydoc_validation_checks = {"all", "ES01", "EX01", "GL02", "PR01", "PR03", "PR04", "PR08", "RT01", "SA01"}
numpydoc_validation_checks |= {"SS02", "SS03", "SS05", "YD01"}
"""All but these: types are in signatures, what a name says needs no more words, and a summary may be an equation."""
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE.parent / "build" / "docs-notebooks")
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_show_tb = True
nb_merge_streams = True

os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
os.environ.update(NO_COLOR="1", TTY_COMPATIBLE="0", COLUMNS="90")
"""Commands in notebook pages are those of this environment, and print as a file would have it."""
