"""A graph of NIR as data: read from a file, checked, without graphs within it."""
