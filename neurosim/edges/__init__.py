"""What lies between neurosim and all that is not: values, files, packages and exceptions of others."""
