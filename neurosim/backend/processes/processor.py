"""The type of processor that this process runs on, as the system names it."""

from __future__ import annotations

import platform
import re
from functools import lru_cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


@lru_cache
def name() -> str:
    """The model, such as ``AMD EPYC 7763 64-Core Processor``; the architecture alone where the system names none."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", CPUINFO.read_text(errors="replace"), re.MULTILINE)
    except OSError:
        found = None
    return " ".join(found[1].split()) if found else platform.machine()
