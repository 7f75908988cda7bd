"""What a trial shows, what it leaves from step to step, and the pieces that it can be run in, one after another."""
