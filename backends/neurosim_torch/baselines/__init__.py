"""Methods of others that results are set beside."""
