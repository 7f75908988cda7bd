"""Calibration: what tells a chip's neurons apart is measured as a user of a board can, and trimmed away."""
