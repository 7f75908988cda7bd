"""From a network to a program, and what is found out about it on the way."""
