"""Data that Python code gives: functions of installed packages, tonic, and code that the user allows to run."""
