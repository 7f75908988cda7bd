"""Inputs that are altered at random, by the thousand: each is refused in our own words, or it is a good one.

``make fuzz`` runs them and prints a table. A mutant follows from its kind, the seed and its number alone;
it is a folder of files, and what went wrong with it is kept below ``build/fuzz/``, from where it can be run again.
"""
