"""Training by gradients through the steps."""
