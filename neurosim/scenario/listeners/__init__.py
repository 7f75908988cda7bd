"""What hears how a run goes on: progress bars, recorders, a search, and what keeps a run."""
