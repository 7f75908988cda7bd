"""All kinds of inputs."""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    arguments,
    cache_entries,
    equations,
    idx,
    messages,
    nir_graphs_altered,
    own_data,
    run_directories,
    scenarios,
    spikes,
    trained,
)
from .kind import Kind

KINDS: Mapping[str, Kind] = {
    module.KIND.name: module.KIND
    for module in (
        scenarios,
        equations,
        idx,
        spikes,
        own_data,
        trained,
        run_directories,
        cache_entries,
        messages,
        nir_graphs_altered,
        arguments,
    )
}
