"""A search of settings."""
