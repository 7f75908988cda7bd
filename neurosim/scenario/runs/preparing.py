"""Documents with their data, ready to run: scenarios with the same data share them, as data may be large."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from neurosim.errors import NeurosimError, SpecError
from neurosim.scenario.datasets import Dataset
from neurosim.scenario.preparation import Prepared, plan, with_data
from neurosim.scenario.runs.remarks import remarks
from neurosim.scenario.schema import Document
from neurosim.scenario.schema.data_sources.union import AnyDataTable


def prepared_each(
    documents: Iterable[Document], data_folder: Path | None, allow_code: bool = False
) -> Iterator[tuple[Document, Prepared, list[str]]]:
    """Each document with its scenario, ready to run, and a line for each thing that a user should know.

    Parameters
    ----------
    data_folder
        Where data sets are, as in `neurosim.scenario.datasets.load`.
    allow_code
        Whether Python code that a scenario names for its data may be executed.

    Raises
    ------
    SpecError
        If a scenario or its data are wrong; the error names the file.
    """
    loaded: dict[AnyDataTable, Dataset] = {}
    for document in documents:
        scenario = document.scenario()
        try:
            planned = plan(scenario)
            if scenario.data not in loaded:
                loaded[scenario.data] = scenario.data.build(data_folder, allow_code=allow_code)
            prepared = with_data(planned, loaded[scenario.data])
            lines = [*prepared.data.notes, *remarks(scenario, prepared.tasks, planned.network)]
        except NeurosimError as error:
            raise SpecError(f"{document.where}: {error}") from None
        yield document, prepared, lines
