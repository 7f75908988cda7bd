"""A plain network as it is described: built part by part, with what can be recorded of it."""
