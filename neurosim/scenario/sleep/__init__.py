"""Sleep: what drives the network, and how its layers are scaled."""
