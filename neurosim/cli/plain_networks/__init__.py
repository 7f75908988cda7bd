"""Plain networks as commands take them: from files in TOML or Python, kept in directories."""
