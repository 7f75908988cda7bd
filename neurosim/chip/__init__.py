"""What a network asks of a neuromorphic chip: cores, number formats, learning rules. Needs no simulator and no chip."""
