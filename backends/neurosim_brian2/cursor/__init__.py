"""The cursor in C++, which steps through trials in place of Brian2's own loop: what is printed of it, and its files.

`loop` needs Brian2; `past` and `recordings`, which sessions use, do not.
"""
