"""What silicon makes of a program: patterns of a chip, changed equations, and what it draws for each trial."""
