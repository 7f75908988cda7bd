"""What a board is and whether a network fits it; and, without a board, what a network would send over its line."""
