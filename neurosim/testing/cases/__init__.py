"""Small runs on which every backend must agree with the reference."""

from neurosim.edges import deprecated

__getattr__ = deprecated.moved_to("neurosim.testing.cases.small")
