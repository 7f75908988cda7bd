"""The reference device: a program in C that runs fixed-point programs for a host, as a process or on a board."""
