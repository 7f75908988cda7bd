"""neurosim on Nengo: a program as Ensembles and Connections, or as one custom operator."""

from neurosim_nengo.backend import NengoBackend

__all__ = ["NengoBackend"]
