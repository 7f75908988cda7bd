"""Mode `fused`: a whole program as one Lava process."""
