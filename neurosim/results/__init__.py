"""What a run gives: stages, checkpoints, metrics, the agreement of two runs, run directories."""
