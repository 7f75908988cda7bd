"""What sessions are made of: the state that they keep, wrappers, records and pieces of runs."""
