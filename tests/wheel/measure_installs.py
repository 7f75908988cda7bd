"""The sizes in docs/how-to/install.md, each measured in a fresh environment: the core, and what each extra adds to it.

    python tests/wheel/measure_installs.py FOLDER [EXTRA ...]

A size is the sum of the lengths of all files in site-packages, with the versions of constraints.txt, before Python has
compiled anything. An extra that cannot be installed here keeps the size that stands on the page.
"""

from __future__ import annotations

import platform
import re
import sys
from pathlib import Path

from archives import built
from environment import ROOT, Environment

PAGE = ROOT / "docs" / "how-to" / "install.md"
CONSTRAINTS = ROOT / "constraints.txt"
EXTRA = r"^(\| `{}` \|.*\|)[^|]*\|$"
"""A row of the table of extras, and its last cell, the size."""
EXTRA_NAME = r"^\| `(\w+)` \|"
CORE = r"(<!-- core begin -->\n).*(<!-- core end -->)"
NAMED = 6
"""So many packages of the core have a row of their own."""


def main(folder: Path, extras: list[str]) -> None:
    wheel = built(folder).wheel
    core = environment(folder, "core", str(wheel))
    if isinstance(core, str):
        sys.exit(core)
    write(CORE, table(core), re.S)
    for name in extras or re.findall(EXTRA_NAME, PAGE.read_text(encoding="utf-8"), re.M):
        larger = environment(folder, name, f"neurosim[{name}] @ {wheel.as_uri()}")
        if isinstance(larger, str):
            print(f"left out: {name}: {larger.splitlines()[-1]}")
        else:
            write(EXTRA.format(name), f" {megabytes(larger.size() - core.size())} |", re.M)


def environment(folder: Path, name: str, requirement: str) -> Environment | str:
    """A fresh environment with something installed, or why it cannot be."""
    made = Environment(folder / name, Path(sys.executable))
    return made.install(requirement, constraints=CONSTRAINTS, cwd=ROOT) or made


def table(core: Environment) -> str:
    """The largest packages of the core, the others together, and the sum."""
    sizes, total = core.sizes(), core.size()
    rows = dict(list(sizes.items())[:NAMED])
    rows[f"{len(sizes) - NAMED} others"] = total - sum(rows.values())
    rows |= {"together": total, "together, without numpy": total - sizes["numpy"]}
    lines = [f"| {name} | {megabytes(size)} |" for name, size in rows.items()]
    return "\n".join([f"| Python {platform.python_version()} | MB |", "|---|--:|", *lines]) + "\n"


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f}" if size < 1e7 else f"{size / 1e6:,.0f}"


def write(pattern: str, text: str, flags: re.RegexFlag) -> None:
    """Put a text into the page, between what the pattern keeps; print it."""
    page = PAGE.read_text(encoding="utf-8")
    [found] = re.finditer(pattern, page, flags)
    kept = found.groups()
    new = kept[0] + text + (kept[1] if len(kept) > 1 else "")
    PAGE.write_text(page[: found.start()] + new + page[found.end() :], encoding="utf-8")
    print(new, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), sys.argv[2:])
