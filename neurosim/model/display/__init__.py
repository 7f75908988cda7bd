"""How models and networks show themselves: as text, and as tables in notebooks."""
