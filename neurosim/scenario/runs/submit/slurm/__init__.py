"""Jobs of SLURM, which submitit hands in."""
