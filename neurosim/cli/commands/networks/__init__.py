"""Commands that make files of networks."""
