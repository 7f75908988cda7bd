"""What is kept of earlier tasks."""
