"""Results for readers: tables, and pictures."""
