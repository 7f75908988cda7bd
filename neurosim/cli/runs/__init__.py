"""Runs of scenarios as commands tell of them: one by one or side by side, resumed, over seeds, on a ladder."""
