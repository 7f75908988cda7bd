"""The dimensions of variables, inferred from what is given, and checked in every equation."""
