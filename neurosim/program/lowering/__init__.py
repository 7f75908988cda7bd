"""From a network to a program, and the checks on the way."""
