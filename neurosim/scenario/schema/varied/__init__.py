"""What varies a scenario: files that extend others, variants, settings, grids."""
