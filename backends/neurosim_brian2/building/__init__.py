"""How a program is compiled: the process that does it, what it writes, and with which compiler."""
