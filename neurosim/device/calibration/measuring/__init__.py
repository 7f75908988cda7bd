"""Measuring neurons as a user of a board can: weights are written, trials run, spikes or rates read."""
