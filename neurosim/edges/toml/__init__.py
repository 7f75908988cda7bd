"""Files in TOML that users write: read with care, checked key by key, mistakes told with their place."""
