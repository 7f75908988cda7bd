"""What other installed packages add to neurosim: named by entry points, imported when it is asked for."""

from neurosim.edges.extensions.group import Extension, ExtensionGroup

__all__ = ["Extension", "ExtensionGroup"]
