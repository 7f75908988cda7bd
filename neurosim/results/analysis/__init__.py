"""Results as data: labels, frames, statistics over seeds, and summary tables."""
