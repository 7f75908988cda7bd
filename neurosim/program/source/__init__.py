"""A program as Python source, printed once and executed by the reference, Nengo and Lava."""
