"""Ways to train: equilibrium propagation, gradients, latent replay."""
