"""How much memory this process can still take: what the system has free, within control groups and limits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")


def available_memory(proc: Path = PROC, cgroups: Path = CGROUPS) -> int | None:
    """Return the number of bytes that can be had, swap included; None where the system does not say.

    Parameters
    ----------
    proc, cgroups
        The folders in which Linux says it.
    """
    known = [*_of_system(proc), *_of_groups(proc, cgroups), *_of_limit(proc)]
    return max(min(known), 0) if known else None


def _of_system(proc: Path) -> Iterator[int]:
    with suppress(OSError, ValueError, KeyError):
        lines = (line.split(":") for line in (proc / "meminfo").read_text().splitlines())
        kilobytes = {name: int(value.split()[0]) for name, value in lines}
        yield 1024 * (kilobytes["MemAvailable"] + kilobytes.get("SwapFree", 0))
        return
    with suppress(OSError, ValueError, AttributeError):  # no Linux: all that there is, not what is free
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _of_groups(proc: Path, cgroups: Path) -> Iterator[int]:
    """Yield what the limit of each group around this process leaves; files that the group has read can be dropped."""
    with suppress(OSError):
        for line in (proc / "self" / "cgroup").read_text().splitlines():
            _, controllers, place = line.split(":", 2)
            if controllers and "memory" not in controllers.split(","):
                continue
            root = cgroups / "memory" if controllers else cgroups
            names = (
                ("memory.limit_in_bytes", "memory.usage_in_bytes") if controllers else ("memory.max", "memory.current")
            )
            folder = root / place.strip("/")
            for at in (folder, *(p for p in folder.parents if p.is_relative_to(root))):
                with suppress(OSError, ValueError):
                    limit, used = (int((at / name).read_text()) for name in names)
                    yield limit - used + _droppable(at)


def _droppable(group: Path) -> int:
    with suppress(OSError, ValueError):
        for line in (group / "memory.stat").read_text().splitlines():
            name, _, value = line.partition(" ")
            if name in ("inactive_file", "total_inactive_file"):
                return int(value)
    return 0


def _of_limit(proc: Path) -> Iterator[int]:
    """What is left of the address space (``ulimit -v``)."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most != resource.RLIM_INFINITY:
            pages = int((proc / "self" / "statm").read_text().split()[0])
            yield most - pages * os.sysconf("SC_PAGE_SIZE")
