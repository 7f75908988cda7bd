"""Names of nodes as names of parts of a network, which are words of every backend's language."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container, Iterable

from neurosim.model.neurons import RESERVED_FOR_PARTS

NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+")


def part_names(names: Iterable[str], used: Iterable[str] = ()) -> dict[str, str]:
    """A name for each, none of them used: ``lif1.lif`` is ``lif1_lif``, ``0`` is ``n0``."""
    taken = set(used)
    found: dict[str, str] = {}
    for name in names:
        found[name] = free(part_name(name), taken)
        taken.add(found[name])
    return found


def part_name(name: str) -> str:
    """A name of a part of a network from any text."""
    plain = NOT_IN_A_NAME.sub("_", name).strip("_") or "node"
    if not plain[0].isalpha():
        plain = f"n{plain}"
    return f"{plain}_node" if keyword.iskeyword(plain) or plain in RESERVED_FOR_PARTS else plain


def free(name: str, taken: Container[str]) -> str:
    """The name, or with a number behind it where it is used."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found
