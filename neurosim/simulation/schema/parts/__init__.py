"""Parts of a network as tables: models, synapses, populations, sources, wiring, values, and files beside them."""
