"""Says which pages of a built site load something from elsewhere: python docs/building/check_site.py build/docs.

Links to other sites are followed by readers; scripts, styles, fonts and pictures would be loaded by the browser.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

LOADED = re.compile(
    r"""<(?:script|img|source|iframe|video)\b[^>]*\bsrc=["']((?:https?:)?//[^"']+)"""
    r"""|<link\b[^>]*\bhref=["']((?:https?:)?//[^"']+)"""
)
LOADED_BY_STYLES = re.compile(r"""(?:url\(|@import\s)\s*["']?((?:https?:)?//[^"')\s]+)""")


def loaded_from_elsewhere(site: Path) -> Iterator[str]:
    """File and address."""
    for pattern, suffix in ((LOADED, "*.html"), (LOADED_BY_STYLES, "*.css"), (LOADED_BY_STYLES, "*.html")):
        for file in sorted(site.rglob(suffix)):
            for match in pattern.finditer(file.read_text(encoding="utf-8")):
                yield f"{file.relative_to(site)}: {match[match.lastindex or 0]}"


if __name__ == "__main__":
    lines = sorted(set(loaded_from_elsewhere(Path(sys.argv[1]))))
    sys.exit("\n".join(["pages that load something from elsewhere:", *lines]) if lines else 0)
