"""How differential equations become the equations of a step."""
