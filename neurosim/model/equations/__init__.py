"""The equation language: its expressions, their derivatives and factors, and the conditions they are read under."""
