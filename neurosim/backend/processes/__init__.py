"""How processes are started, ended with all that they start, and what is swept after them."""
