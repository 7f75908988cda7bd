"""``[data]``: where data are from. A data set by its name is in `neurosim.scenario.schema.data`."""
