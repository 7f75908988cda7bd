"""How differential equations are written: lines, names, resets."""
