"""Old names that scripts may still use: each warns, says what took its place, and is gone in 0.3.

A module that was moved is found under its old name as well. That module is empty and refers to the new one, so that
both give the same objects.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pkgutil import resolve_name
from types import ModuleType
from typing import Any

GONE_IN = "0.3"
"""The release without these names."""

MOVED = {
    "neurosim.backend.destination": "neurosim.backend.remote.destination",
    "neurosim.backend.loopback": "neurosim.backend.remote.loopback",
    "neurosim.backend.place": "neurosim.backend.remote.host",
    "neurosim.backend.service": "neurosim.backend.remote.service",
    "neurosim.backend.serving": "neurosim.backend.remote.child",
    "neurosim.backend.wire": "neurosim.backend.remote.protocol",
    "neurosim.backend.worker": "neurosim.backend.remote.worker",
    "neurosim.borders": "neurosim.edges.foreign_errors",
    "neurosim.extras": "neurosim.edges.optional_packages",
    "neurosim.files": "neurosim.edges.files",
    "neurosim.hdf5": "neurosim.edges.hdf5",
    "neurosim.model.conditions": "neurosim.model.equations.conditions",
    "neurosim.model.derived": "neurosim.model.equations.derived",
    "neurosim.model.expressions": "neurosim.model.equations.expressions",
    "neurosim.model.factoring": "neurosim.model.equations.factoring",
    "neurosim.model.printers": "neurosim.model.equations.printers",
    "neurosim.model.random_connectivity": "neurosim.model.connectivity.random_wiring",
    "neurosim.backend.kept_state": "neurosim.backend.sessions.kept_state",
    "neurosim.backend.session_wrapper": "neurosim.backend.sessions.session_wrapper",
    "neurosim.model.described": "neurosim.model.display.described",
    "neurosim.model.notebook": "neurosim.model.display.notebook",
    "neurosim.randomness": "neurosim.model.randomness",
    "neurosim.randomness.positions": "neurosim.model.randomness.positions",
    "neurosim.program.available": "neurosim.program.memory.available",
    "neurosim.program.blocks": "neurosim.program.source.blocks",
    "neurosim.program.bounds": "neurosim.program.lowering.bounds",
    "neurosim.program.delays": "neurosim.program.lowering.delays",
    "neurosim.program.extent": "neurosim.program.lowering.extent",
    "neurosim.program.footprint": "neurosim.program.memory.footprint",
    "neurosim.program.listing": "neurosim.program.source.listing",
    "neurosim.program.lower": "neurosim.program.lowering.lower",
    "neurosim.program.non_finite": "neurosim.program.source.non_finite",
    "neurosim.program.operations": "neurosim.program.source.operations",
    "neurosim.program.products": "neurosim.program.source.products",
    "neurosim.program.sharing": "neurosim.program.source.sharing",
    "neurosim.program.statements": "neurosim.program.source.statements",
    "neurosim.program.unread": "neurosim.program.lowering.unread",
    "neurosim.results.chip_tables": "neurosim.cli.report.chip_tables",
    "neurosim.results.compare": "neurosim.results.agreement.tiers",
    "neurosim.results.counts": "neurosim.results.costs.counts",
    "neurosim.results.device_calls": "neurosim.results.costs.device_calls",
    "neurosim.results.differences": "neurosim.results.agreement.differences",
    "neurosim.results.drawing": "neurosim.report.graph_svg",
    "neurosim.results.energy": "neurosim.results.costs.energy",
    "neurosim.results.fitting": "neurosim.cli.report.fitting",
    "neurosim.results.memory": "neurosim.results.costs.memory",
    "neurosim.results.process_graph": "neurosim.cli.report.graph_tables",
    "neurosim.results.report": "neurosim.cli.report.tables",
    "neurosim.results.segments": "neurosim.results.agreement.teacher_forced",
    "neurosim.results.store.atomic": "neurosim.edges.atomic",
    "neurosim.scenario.activity": "neurosim.scenario.runs.recorded_session",
    "neurosim.scenario.comparison": "neurosim.scenario.runs.comparison",
    "neurosim.scenario.compression": "neurosim.scenario.memory.compression",
    "neurosim.scenario.course": "neurosim.scenario.run_state",
    "neurosim.scenario.equilibrium": "neurosim.scenario.methods.equilibrium",
    "neurosim.scenario.events": "neurosim.scenario.listeners.events",
    "neurosim.scenario.gating": "neurosim.scenario.streams.gating",
    "neurosim.scenario.gradient": "neurosim.scenario.methods.gradient",
    "neurosim.scenario.how_far": "neurosim.scenario.listeners.progress_listener",
    "neurosim.scenario.job_process": "neurosim.scenario.runs.submit.job_process",
    "neurosim.scenario.keeper": "neurosim.scenario.listeners.checkpoint_store",
    "neurosim.scenario.kept_run": "neurosim.scenario.runs.saved_run",
    "neurosim.scenario.latent": "neurosim.scenario.methods.latent_replay",
    "neurosim.scenario.latent_memory": "neurosim.scenario.memory.latent_memory",
    "neurosim.scenario.mean_input": "neurosim.scenario.memory.mean_input",
    "neurosim.scenario.method": "neurosim.scenario.methods.base",
    "neurosim.scenario.on_chip": "neurosim.scenario.runs.chip_estimate",
    "neurosim.scenario.parallel": "neurosim.scenario.runs.submit.parallel",
    "neurosim.scenario.pretraining": "neurosim.scenario.methods.pretraining",
    "neurosim.scenario.randomness": "neurosim.model.randomness",
    "neurosim.scenario.ranges": "neurosim.scenario.search.ranges",
    "neurosim.scenario.rehearsal": "neurosim.scenario.memory.rehearsal",
    "neurosim.scenario.remarks": "neurosim.scenario.runs.remarks",
    "neurosim.scenario.replay": "neurosim.scenario.methods.sleep_replay",
    "neurosim.scenario.scales": "neurosim.scenario.methods.threshold_scaling",
    "neurosim.scenario.schema.workers": "neurosim.backend.remote.table",
    "neurosim.scenario.search.setting_paths": "neurosim.edges.toml.setting_paths",
    "neurosim.scenario.settings": "neurosim.edges.toml.setting_paths",
    "neurosim.scenario.spec": "neurosim.scenario.schema",
    "neurosim.scenario.spec.components": "neurosim.scenario.schema.components",
    "neurosim.scenario.spec.data": "neurosim.scenario.schema.data",
    "neurosim.scenario.spec.heading": "neurosim.scenario.schema.scenario_table",
    "neurosim.scenario.spec.mistakes": "neurosim.edges.toml.mistakes",
    "neurosim.scenario.spec.models": "neurosim.model.network.tables",
    "neurosim.scenario.spec.network": "neurosim.scenario.schema.network",
    "neurosim.scenario.spec.reading": "neurosim.scenario.schema.reading",
    "neurosim.scenario.spec.scenario": "neurosim.scenario.schema.scenario",
    "neurosim.scenario.spec.search": "neurosim.scenario.schema.search",
    "neurosim.scenario.spec.table": "neurosim.edges.toml.table",
    "neurosim.scenario.spec.training": "neurosim.scenario.schema.training",
    "neurosim.scenario.spec.workers": "neurosim.backend.remote.table",
    "neurosim.scenario.subnetwork": "neurosim.scenario.methods.subnetwork",
    "neurosim.scenario.training": "neurosim.scenario.methods.ep_schedules",
    "neurosim.scenario.wiring": "neurosim.model.connectivity.random_wiring",
    "neurosim.testing.library": "neurosim.testing.cases.library",
    "neurosim.testing.random_networks": "neurosim.testing.cases.random_networks",
    "neurosim.testing.size": "neurosim.testing.cases.size",
    "neurosim.testing.wiring": "neurosim.testing.cases.wiring",
    "neurosim.values": "neurosim.edges.values",
    "neurosim_torch.fit": "neurosim_torch.training.fit",
    "neurosim_torch.losses": "neurosim_torch.training.losses",
    "neurosim_torch.metaplastic": "neurosim_torch.baselines.metaplastic",
    "neurosim_torch.penalties": "neurosim_torch.baselines.penalties",
    "neurosim_torch.trainer": "neurosim_torch.training.trainer",
}
"""Modules of before, and where their contents are."""


def _moved(place: str) -> tuple[str, Callable[[], object]]:
    """A row of `REPLACED` for a name that has another place."""
    return place, lambda: resolve_name(place)


def _load_data(scenario: Any, folder: Any = None) -> object:
    return scenario.data.build(folder)


def _tasks_of(scenario: Any, data: Any) -> object:
    return scenario.stream.build(data)


REPLACED: dict[str, tuple[str, Callable[[], object]]] = {
    "neurosim.backend.contract.FEATURES": (
        "frozenset(neurosim.program.features.Feature)",
        lambda: frozenset(import_module("neurosim.program.features").Feature),
    ),
    "neurosim.backend.contract.HostSession": _moved("neurosim.backend.host_session.HostSession"),
    "neurosim.backend.contract.Outcome": _moved("neurosim.backend.host_session.Outcome"),
    "neurosim.backend.contract.delivered_weights": _moved("neurosim.backend.delivered_weights.delivered_weights"),
    "neurosim.backend.contract.locate": _moved("neurosim.backend.host_session.locate"),
    "neurosim.scenario.engine.load_data": ("scenario.data.build(folder)", lambda: _load_data),
    "neurosim.scenario.engine.tasks_of": ("scenario.stream.build(data)", lambda: _tasks_of),
}
"""Names that modules had before: what is written in their place, and how what they stood for is found."""


def moved_to(module: str) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package that has the name of an old module.

    It raises AttributeError for what neither the package nor the new module has.
    """
    package = module.rpartition(".")[0]

    def look_up(name: str) -> object:
        if name.startswith("__") or find_spec(f"{package}.{name}"):
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(module), name)
        _warn(f"{package}.{name}", f"{module}.{name}")
        return value

    return look_up


def replaced_in(module: str) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a module that had names of `REPLACED`."""

    def look_up(name: str) -> object:
        if f"{module}.{name}" not in REPLACED:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        instead, value = REPLACED[f"{module}.{name}"]
        _warn(f"{module}.{name}", instead)
        return value()

    return look_up


class MovedModules(MetaPathFinder, Loader):
    """A finder of modules under their old names."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for an old name; None for any other."""
        return ModuleSpec(fullname, self, is_package=True) if fullname in MOVED else None

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make the module."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Warn, and let the module look up every name in the new one."""
        _warn(module.__name__, MOVED[module.__name__])
        new = import_module(MOVED[module.__name__])
        module.__doc__ = new.__doc__
        vars(module).update(__getattr__=lambda name: getattr(new, name), __dir__=lambda: dir(new))


def find_moved_modules() -> None:
    """Let imports find the modules that were moved."""
    if not any(isinstance(finder, MovedModules) for finder in sys.meta_path):
        sys.meta_path.insert(0, MovedModules())


def _warn(old: str, new: str) -> None:
    """Warn at the line that called the caller's caller; Python itself leaves out the machinery of imports."""
    warnings.warn(f"{old} is {new} now; the old name is gone in neurosim {GONE_IN}", DeprecationWarning, stacklevel=3)


def warn_of_argument(old: str, instead: str) -> None:
    """Warn, at the line that called the caller, of an argument that another one has taken the place of."""
    said = f"{old} is {instead} now; the old argument is gone in neurosim {GONE_IN}"
    warnings.warn(said, DeprecationWarning, stacklevel=3)
