"""Listeners to a run: progress bars, recorders, a search, and the store that keeps its phases."""
