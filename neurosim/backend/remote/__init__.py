"""Backends in a process of their own, in another interpreter, or on another host."""

from neurosim.edges import deprecated

__getattr__ = deprecated.moved_to("neurosim.backend.remote.backend")
