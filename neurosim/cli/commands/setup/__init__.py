"""Commands for a new user and a new machine: example scenarios, backends, a check of the machine, compiled programs."""
