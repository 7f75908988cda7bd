"""The kinds of lines: to a program, over a pseudo-terminal, over a serial line, over TCP, to an emulated board.

Each is an address, which is checked when it is read, and opens a line when it is used.
"""
