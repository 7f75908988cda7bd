"""A scenario so small that it runs in a moment, and what its run directory holds."""

from __future__ import annotations

from pathlib import Path

SCENARIO = Path(__file__).parents[1] / "digits_sleep.toml"
SMALLER = {
    "size = 256": "size = 4", "increment = 2": "increment = 5",
    "test = 360": "test = 20", "validation = 287": "train = 20",
    "free_steps = 20": "free_steps = 2", "nudged_steps = 8": "nudged_steps = 1", "steps = 747": "steps = 9",
}  # fmt: skip
PHASES = 6
"""Two tasks, each trained, slept on and tested."""

WITH_TIMES = {"events.jsonl"}


def scenario_text() -> str:
    text = SCENARIO.read_text()
    for old, new in SMALLER.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def contents(run: Path) -> dict[str, bytes]:
    """The bytes of every file that must be the same however often a run was interrupted; so no others may be there."""
    files = (p for p in run.rglob("*") if p.is_file() and p.name not in WITH_TIMES)
    return {str(p.relative_to(run)): p.read_bytes() for p in files}
