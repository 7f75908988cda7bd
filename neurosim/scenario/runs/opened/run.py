"""A run that has ended, opened to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.edges.values import shown, whole_number
from neurosim.errors import InputError, nearest
from neurosim.program.schedule import Array, Events
from neurosim.results import store
from neurosim.results.analysis import frames
from neurosim.results.analysis.frames.populations import populations_of
from neurosim.results.analysis.labelled import LabelledResult
from neurosim.results.analysis.numbers import Number, numbers_of
from neurosim.results.notebook import result_html
from neurosim.results.result import Stage, StageKind
from neurosim.results.store.tables import metrics_after
from neurosim.scenario import schema
from neurosim.scenario.schema import Scenario

if TYPE_CHECKING:
    import neo
    import pandas
    import xarray


@dataclass(frozen=True, eq=False, repr=False)
class OpenedRun(LabelledResult):
    """A run directory that was opened; arrays are read when they are asked for, a phase at a time.

    Attributes
    ----------
    path
        The run directory.
    result
        Its result, as of `Result`.
    study, variant, settings, position
        The cell of a study that it is of; empty where it is of none.
    """

    path: Path = field(kw_only=True)

    @classmethod
    def read(cls, path: Path) -> OpenedRun:
        """Open a run directory.

        Raises
        ------
        InputError
            If it is no run directory, or of another format; or if the run is not finished, or its result is damaged.
        """
        return cls.of(path, store.read_run(path)[0])

    @classmethod
    def of(cls, path: Path, identity: store.Identity, **cell: Any) -> OpenedRun:
        """Open a run directory whose identity has been read.

        Parameters
        ----------
        **cell
            What it is of in a study, by the names of the attributes.

        Raises
        ------
        InputError
            If the run is not finished, or its result is damaged.
        """
        return cls(store.read_lazily(path, identity), path=path, **cell)

    @property
    def source(self) -> str:
        """The run directory."""
        return str(self.path)

    @property
    def accuracy_matrix(self) -> Array:
        """R[i, j]: accuracy on task j after task i, fractions from 0 to 1, shape (tasks, tasks)."""
        return self.result.accuracy_matrix

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What was done for each task, in order."""
        return self.result.stages

    @property
    def curves(self) -> list[dict[str, Any]]:
        """The metrics of the tasks until each, by their names: an entry for each task trained, from 0."""
        r = self.result
        return [metrics_after(r.accuracy_matrix, r.samples, task) for task in range(len(r.accuracy_matrix))]

    def metrics(self) -> dict[str, Number]:
        """All numbers of the run: metrics, times, memory, counts and energies, by name."""
        return numbers_of(self.result)

    def stage(self, task: int, kind: str = "slept") -> Stage:
        """What was left behind when a task was trained, slept on or tested.

        Parameters
        ----------
        task
            The number of the task, from 0.
        kind
            ``"trained"``, ``"pretrained"``, ``"slept"`` or ``"tested"``.

        Raises
        ------
        InputError
            If the run has no such stage.
        """
        return self.stages[self._index(task, kind)]

    def spikes(self, task: int, kind: str = "slept") -> dict[str, Events]:
        """The spikes that were recorded in a stage, by population.

        Parameters
        ----------
        task, kind
            As of `stage`.

        Raises
        ------
        InputError
            If the run has no such stage, or its file is damaged.
        """
        return dict(populations_of(self.stage(task, kind)))

    def weights_after(self, task: int, kind: str = "trained") -> Mapping[str, Array]:
        """All learned arrays after a stage, by name.

        Parameters
        ----------
        task, kind
            As of `stage`.

        Raises
        ------
        InputError
            If the run has no such stage, or its file is damaged.
        """
        return dict(self.stage(task, kind).learned)

    def weights_before(self, task: int, kind: str = "trained") -> Mapping[str, Array]:
        """All learned arrays before a stage, by name: those after the stage before it, or the first ones.

        Parameters
        ----------
        task, kind
            As of `stage`.

        Raises
        ------
        InputError
            If the run has no such stage, or its file is damaged.
        """
        index = self._index(task, kind)
        return dict(self.stages[index - 1].learned) if index else self.initial_weights

    @cached_property
    def initial_weights(self) -> Mapping[str, Array]:
        """All learned arrays before the first stage, by name.

        They are drawn anew from the seed and the scenario file in the directory, as they were before any rounding to a
        number format.

        Raises
        ------
        NeurosimError
            If this neurosim cannot read the scenario file.
        """
        scenario = self.read_scenario()
        return scenario.initial_weights(scenario.build_network(), self.result.seed)

    def read_scenario(self) -> Scenario:
        """The scenario of the run, whose file of NIR, if it has one, is where it was when the run began.

        Raises
        ------
        NeurosimError
            If this neurosim cannot read the scenario file.
        """
        identity, _ = store.read_run(self.path)
        scenario = schema.parse(schema.text_of(self.path / store.SCENARIO))
        return scenario if identity.nir is None else scenario.with_nir_at(identity.nir[0])

    def _index(self, task: int, kind: str) -> int:
        task = whole_number(task, f"{self.path}: task", least=0, most=len(self.accuracy_matrix) - 1)
        known = [str(k) for k in StageKind]
        if kind not in known:
            raise InputError(f"{self.path}: kind {shown(kind)}; {nearest(str(kind), known)}")
        found = [i for i, s in enumerate(self.stages) if (s.task, s.kind) == (task, kind)]
        if not found:
            there = ", ".join(f"{s.kind} {s.task}" for s in self.stages)
            raise InputError(f"{self.path}: task {task} has no stage '{kind}'; there are: {there}")
        return found[0]

    def to_pandas(self, *, weights: bool = False) -> dict[str, pandas.DataFrame]:
        """Return tables by name: ``runs``, ``accuracies``, ``curves``, ``spikes``, and ``weights`` where asked for.

        Parameters
        ----------
        weights
            Whether to have a row for each value of a learned array after each stage.

        Raises
        ------
        InputError
            If a file of the run is damaged.
        BackendUnavailable
            Where pandas is missing.
        """
        return frames.to_pandas([self], weights=weights)

    def to_xarray(self) -> xarray.Dataset:
        """Return accuracies over tasks, all numbers, and the spikes of each population as lists, with labels.

        Raises
        ------
        InputError
            If a file of the run is damaged.
        BackendUnavailable
            Where xarray is missing.
        """
        return frames.to_xarray([self])

    def to_neo(self, step: str | float | None = None) -> neo.Block:
        """Return a block of Neo: a segment for each stage, in it a spike train for each neuron that was recorded.

        Parameters
        ----------
        step
            How long a step is, such as ``"1 ms"``; None gives times in steps.

        Raises
        ------
        InputError
            For a step that is no time above 0, or if a file of the run is damaged.
        BackendUnavailable
            Where Neo is missing.
        """
        return frames.to_neo(self, step)

    def __repr__(self) -> str:
        labels = ", ".join(f"{name} {label}" for name, label in self.labels.items())
        return f"<run {self.path}: {labels}; {len(self.accuracy_matrix)} tasks, accuracy {self.result.accuracy:.3f}>"

    def _repr_html_(self) -> str:
        return result_html(self.result)
