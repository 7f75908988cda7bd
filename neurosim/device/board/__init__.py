"""Boards: devices that run fixed-point programs behind a stream of bytes, as their protocol says."""
