"""Runs of whole scenarios: kept in a directory, compared, on a chip, side by side."""
