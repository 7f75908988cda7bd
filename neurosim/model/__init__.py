"""Networks as equations: neurons, synapses, learning rules, and what connects them."""
