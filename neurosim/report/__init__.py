"""Pages about runs: one HTML file, which needs nothing else."""
