"""Programs: a network in one mode under a schedule, lowered to equations that backends compile and run."""
