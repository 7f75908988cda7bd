"""neurosim's PyTorch backend: programs on tensors, many trials at once; and training by gradients (`fit`)."""

from neurosim_torch.backend import TorchBackend

__all__ = ["TorchBackend"]
