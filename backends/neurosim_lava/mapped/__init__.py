"""Mode `mapped`: a Lava process for each population and for each direction of a projection."""
