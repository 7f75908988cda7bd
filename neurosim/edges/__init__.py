"""The edges of neurosim: values, files, packages and exceptions of others."""
