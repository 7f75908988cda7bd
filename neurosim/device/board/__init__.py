"""Boards: devices that run fixed-point programs at the other end of a line of bytes."""
