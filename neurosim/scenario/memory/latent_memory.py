"""What latent replay keeps of earlier tasks: compressed spikes of one layer, as packed bits, with their labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.scenario.datasets import Indices
from neurosim.scenario.memory.compression import Compression, Packed, Spikes


@dataclass(frozen=True, eq=False)
class LatentMemory:
    """bits = samples * windows * units * depth: see `Compression`.

    Parameters
    ----------
    packed
        The compressed spikes of each sample, shape (samples, bytes).
    labels, tasks
        The class of each sample, and the task that it is of; shape (samples,).
    """

    compression: Compression
    packed: Packed
    labels: Indices
    tasks: Indices

    @classmethod
    def of_state(cls, compression: Compression, state: Mapping[str, NDArray[Any]]) -> LatentMemory:
        """The memory that gave a `state`: arrays by name, in the shapes of its fields; an empty one for ``{}``."""
        nothing = {"packed": compression.compress(np.zeros((0, compression.steps, compression.units), dtype=bool))}
        arrays = {**nothing, "labels": np.zeros(0), "tasks": np.zeros(0), **state}
        labels, tasks = (np.asarray(arrays[n], dtype=np.int64) for n in ("labels", "tasks"))
        return cls(compression, np.asarray(arrays["packed"], dtype=np.uint8), labels, tasks)

    def state(self) -> dict[str, NDArray[Any]]:
        """The fields that are arrays, by name and in their shapes."""
        return {"packed": self.packed, "labels": self.labels, "tasks": self.tasks}

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def bits(self) -> int:
        """The bits of all compressed spikes, without those that fill a sample up to whole bytes."""
        return len(self) * self.compression.bits

    def spikes(self) -> Spikes:
        """The spikes, decompressed: shape (samples, steps, units)."""
        return self.compression.decompress(self.packed)

    def with_samples(self, spikes: Spikes, labels: Indices, task: int) -> LatentMemory:
        """The memory with samples of a task after those that it has.

        Parameters
        ----------
        spikes
            Shape (samples, steps, units).
        labels
            The class of each sample, shape (samples,).
        """
        return replace(
            self,
            packed=np.concatenate([self.packed, self.compression.compress(spikes)]),
            labels=np.concatenate([self.labels, labels]),
            tasks=np.concatenate([self.tasks, np.full(len(labels), task)]),
        )

    def with_at_most(self, each: int) -> LatentMemory:
        """The first `each` samples of each class of each task; the others are forgotten."""
        kept = np.zeros(len(self), dtype=bool)
        for task, label in {*zip(self.tasks.tolist(), self.labels.tolist(), strict=True)}:
            kept[np.flatnonzero((self.tasks == task) & (self.labels == label))[:each]] = True
        return replace(self, packed=self.packed[kept], labels=self.labels[kept], tasks=self.tasks[kept])
