"""What a trial leaves from step to step, and the pieces that it can be run in, one after another."""
