"""How much memory this process took at most."""

from __future__ import annotations

import sys


def peak() -> int | None:
    """The largest resident set of this process so far, in bytes, as the system tells; None where it does not."""
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest if sys.platform == "darwin" else largest * 1024  # macOS counts bytes, others KiB
