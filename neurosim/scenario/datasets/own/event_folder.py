"""A folder of event files: a file a sample, its class the name of the folder that it is in.

FOLDER/CLASS/FILE, or FOLDER/train/CLASS/FILE and FOLDER/test/CLASS/FILE with a published test part. Files are taken in
the order of their names. Hidden ones are passed over, and so are files beside the folders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neurosim.errors import InputError, SpecError, nearest
from neurosim.program.memory.footprint import MemoryPart, check_memory
from neurosim.scenario.datasets.files import own_content, sha256, sha256_of_files
from neurosim.scenario.datasets.own.csv_file import is_number
from neurosim.scenario.datasets.own.event_files import ENDINGS, Pixels, columns_of, ending_of
from neurosim.scenario.datasets.own.raw import Labels, RawSamples, SpikeLists

TRAIN, TEST = "train", "test"
MOST_FILES = 2**24


@dataclass(frozen=True)
class EventFiles:
    """The files of a folder in the order of samples, those of the training part first.

    Parameters
    ----------
    folder
        That has them all.
    names
        Of the files, from the folder on.
    labels
        Of each file, the name of its folder.
    training
        So many of the first files are for training; None where no test part was published.
    """

    folder: Path
    names: tuple[str, ...]
    labels: tuple[str, ...]
    training: int | None

    @property
    def ending(self) -> str:
        """How the names of all files end."""
        return ending_of(Path(self.names[0]))


def files_in(folder: Path) -> EventFiles:
    """The files of a folder.

    Raises
    ------
    SpecError
        For a folder without classes, a class without a file, and what is no file of events.
    """
    classes = _folders(folder)
    parts = {name.lower(): name for name in classes}
    if not parts or not set(parts) <= {TRAIN, TEST}:
        found = list(_of_classes(folder, "", classes))
        return _checked(folder, found, None)
    if len(parts) < 2 or len(classes) > 2:
        raise SpecError(
            f"{folder}: it has {', '.join(classes)}; expected folders of classes, or '{TRAIN}' and '{TEST}'"
        )
    both = [list(_of_classes(folder, f"{parts[p]}/", _folders(folder / parts[p]))) for p in (TRAIN, TEST)]
    return _checked(folder, both[0] + both[1], len(both[0]))


def _checked(folder: Path, found: list[tuple[str, str]], training: int | None) -> EventFiles:
    if not found:
        raise SpecError(f"{folder}: it has no folder with files; expected one for each class")
    names, labels = zip(*found, strict=True)
    files = EventFiles(folder, names, labels, training)
    other = next((n for n in names if ending_of(Path(n)) != files.ending), None)
    if other is not None:
        raise SpecError(f"{folder / other}: '{names[0]}' ends in {files.ending}; expected files of one kind")
    return files


def _of_classes(folder: Path, above: str, classes: list[str]) -> Iterator[tuple[str, str]]:
    """Name and label of each file."""
    for label in classes:
        names = _entries(folder / above / label)
        if not names:
            raise SpecError(f"{folder / above / label}: no file is in it; a class needs samples")
        for name in names:
            path = folder / above / label / name
            if ending_of(path) not in ENDINGS or path.is_dir():
                raise SpecError(f"{path}: no file of events; {nearest(path.suffix, ENDINGS)}")
            _check_within(path, folder)
            yield f"{above}{label}/{name}", label


def _check_within(path: Path, folder: Path) -> None:
    try:
        within = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links in a circle
        within = False
    if not within:
        raise SpecError(f"{path}: a link leads out of {folder}; expected a file in it")


def _folders(folder: Path) -> list[str]:
    found = [name for name in _entries(folder) if (folder / name).is_dir()]
    for name in found:
        _check_within(folder / name, folder)
    return found


def _entries(folder: Path) -> list[str]:
    """What is in a folder, in the order of names."""
    try:
        found = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    except OSError as error:
        raise SpecError(f"{folder}: {error.strerror or error}") from None
    if len(found) > MOST_FILES:
        raise SpecError(f"{folder}: {len(found):,} files; expected at most {MOST_FILES:,}")
    return found


def samples_in(files: EventFiles, shape: tuple[int, ...] | None, as_texts: bool) -> tuple[RawSamples[SpikeLists], str]:
    """The samples of a folder, and the digest of its files.

    Parameters
    ----------
    shape
        Of events with x and y.
    as_texts
        Whether labels are texts, also where they look like numbers.

    Raises
    ------
    SpecError
        Naming the first file that has something else than events.
    """
    paths = [files.folder / name for name in files.names]
    check_memory([MemoryPart("its files", sum(_size(path) for path in paths))], str(files.folder), SpecError)
    times, units, digests, pixels = [], [], {}, Pixels(shape)
    for name, path in zip(files.names, paths, strict=True):
        content = own_content(path)
        digests[name] = sha256(content)
        try:
            columns = columns_of(content, files.ending)
            times.append(columns["time"])
            units.append(pixels.units(columns))
        except InputError as error:
            raise SpecError(f"{path}: {error}") from None
    offsets = np.concatenate([[0], np.cumsum([len(t) for t in times])]).astype(np.int64)
    spikes = SpikeLists(np.concatenate(times), np.concatenate(units), offsets)
    raw = RawSamples(spikes, _labels(files.labels, as_texts), None, files.training, lambda k: str(files.names[k]))
    return raw, sha256_of_files(digests)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}") from None


def _labels(names: tuple[str, ...], as_texts: bool) -> Labels:
    if as_texts or not all(map(is_number, names)):
        return list(names)
    return np.array(list(map(float, names)))
