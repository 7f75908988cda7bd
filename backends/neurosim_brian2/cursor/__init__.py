"""The cursor in C++, which steps through trials in place of Brian2's own loop: what is printed of it, and its files."""

from neurosim_brian2.cursor.loop import HEADER, checked_at_start, loop

__all__ = ["HEADER", "checked_at_start", "loop"]
