"""A plain network as it is run: once, in pieces, in segments, with its progress told."""
