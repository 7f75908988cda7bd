"""The most memory that this process took."""

from __future__ import annotations

import sys


def peak() -> int | None:
    """The largest resident set of this process so far, in bytes; None where the system does not report it."""
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024  # macOS counts bytes, others KiB
