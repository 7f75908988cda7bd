"""Data sets from where they were published. Only `download` uses the network, reading a data set never does."""

from __future__ import annotations

from pathlib import Path

from neurosim.edges.optional_packages import DOWNLOAD, needed
from neurosim.errors import SpecError, nearest
from neurosim.scenario.datasets.files import root
from neurosim.scenario.datasets.sources import SOURCES


def download(name: str, folder: Path | None = None) -> Path:
    """Get the files of a data set, each checked against its published MD5 checksum, and return the folder they are in.

    Files that are there and have that checksum are not loaded again; those that have another are replaced.

    Parameters
    ----------
    folder
        FOLDER of FOLDER/NAME, where the files go; by default ``$NEUROSIM_DATA``, or the user's data folder.

    Raises
    ------
    SpecError
        For a data set that nobody offers for download, without a network, and for a file with another checksum.
    BackendUnavailable
        Where pooch is missing.
    """
    if name not in SOURCES:
        raise SpecError(f"data set {name!r} cannot be downloaded; {nearest(name, SOURCES)}")
    with needed(DOWNLOAD, "downloading data sets"):
        import pooch
    source, target = SOURCES[name], root(folder) / name
    registry = {file: f"md5:{md5}" for file, md5 in source.md5.items()}
    files = pooch.create(path=target, base_url=source.folder, registry=registry)
    try:
        for file in registry:
            files.fetch(file)
    except (OSError, ValueError) as error:  # no network, no such file, no room; another checksum
        raise SpecError(f"data set {name}: download from {source.folder} failed: {error}; see {source.page}") from None
    return target
