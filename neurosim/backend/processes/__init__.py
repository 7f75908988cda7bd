"""How processes are started, end with all that they start, are swept after, and what this one does meanwhile."""
