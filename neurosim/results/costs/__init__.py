"""What a run took: counts that no machine changes, energy by published figures, memory, calls of a device."""
