"""A recording as tables of pandas, and as labelled arrays of xarray."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.edges.optional_packages import PANDAS, XARRAY, needed
from neurosim.simulation.recordings.recording import Recording, SpikeTrain

if TYPE_CHECKING:
    import pandas
    import xarray


def to_pandas(recording: Recording) -> dict[str, pandas.DataFrame]:
    """Return a table for each name: ``time`` and ``neuron`` of spikes, a column for each unit of samples."""
    with needed(PANDAS, "to_pandas"):
        import pandas as pd
    tables = {}
    for name, found in recording.items():
        if isinstance(found, SpikeTrain):
            tables[name] = pd.DataFrame({"time": found.times, "neuron": found.indices})
        else:
            tables[name] = pd.DataFrame(found.values, pd.Index(found.times, name="time"), found.units)
            tables[name].columns.name = "unit"
    return tables


def to_xarray(recording: Recording) -> xarray.Dataset:
    """Return a variable for each name: of samples over times and units, of spikes their times and neurons."""
    with needed(XARRAY, "to_xarray"):
        import xarray as xr
    variables = {}
    for name, found in recording.items():
        if isinstance(found, SpikeTrain):
            variables[name] = xr.DataArray(
                found.times, dims=[f"{name}.spike"], coords={f"{name}.neuron": (f"{name}.spike", found.indices)}
            )
        else:
            coords = {f"{name}.time": found.times, f"{name}.unit": np.asarray(found.units)}
            variables[name] = xr.DataArray(found.values, dims=list(coords), coords=coords)
    return xr.Dataset(variables, attrs={"backend": recording.backend, "dt": recording.dt, "unit of time": "ms"})
