"""How much memory a program needs, and how much there is."""
