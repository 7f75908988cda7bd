"""Where the samples of every release are, and what is in a folder."""

from __future__ import annotations

from pathlib import Path

SAMPLES = Path(__file__).parent / "samples"
RELEASES = sorted(p.name for p in SAMPLES.iterdir())


def files_of(folder: Path) -> dict[str, bytes]:
    """The bytes of all files below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
