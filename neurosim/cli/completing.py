"""What a shell offers while a word of the command line is typed: nothing of a simulator or a scenario is imported."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path


def scenario_files(incomplete: str) -> list[str]:
    """Files in TOML, and folders on the way to them."""
    return _paths(incomplete, (".toml",))


def network_files(incomplete: str) -> list[str]:
    """Files in TOML or Python, and folders on the way to them."""
    return _paths(incomplete, (".toml", ".py"))


def backends(incomplete: str) -> list[str]:
    """Backends that are not named yet, after those that are, which have commas between."""
    from neurosim.backend import registry

    named, comma, begun = incomplete.rpartition(",")
    free = [name for name in registry.names() if name not in named.split(",")]
    return [f"{named}{comma}{name}" for name in free if name.startswith(begun)]


def examples(incomplete: str) -> list[tuple[str, str]]:
    """Examples that come with neurosim, and what each is."""
    from neurosim.cli.commands.setup import examples as shipped

    return [(one.name, one.description) for one in shipped.examples() if one.name.startswith(incomplete)]


def _paths(incomplete: str, suffixes: Collection[str]) -> list[str]:
    """Paths that go on as begun. A folder alone stands for what is in it, for a shell would put a space after it."""
    folder, slash, begun = incomplete.rpartition("/")
    try:
        entries = sorted(Path(folder + slash).iterdir())
    except OSError:
        return []
    here = [p for p in entries if p.name.startswith(begun) and (begun or not p.name.startswith("."))]
    wanted = [p for p in here if p.is_dir() or p.suffix in suffixes]
    offered = [f"{folder}{slash}{p.name}" + "/" * p.is_dir() for p in wanted]
    if len(offered) == 1 and offered[0].endswith("/"):
        return _paths(offered[0], suffixes) or offered
    return offered
