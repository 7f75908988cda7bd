"""What runs programs: the contract of a backend, the reference, workers, and the cache of compiled programs."""
