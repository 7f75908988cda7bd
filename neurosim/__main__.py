"""The command `neurosim`, and ``python -m neurosim``: an interrupt while it is still being imported ends in a line."""

from __future__ import annotations

import sys

INTERRUPTED = 130
"""The exit code after Ctrl-C, as `neurosim.cli.signals.exit_code` has it."""


def main() -> None:
    """Run the command line, and exit with its code."""
    try:
        from neurosim.cli import app

        app()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
