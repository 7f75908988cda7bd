"""What a chip makes of a scenario, and commands of boards."""
