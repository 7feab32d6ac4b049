"""Measures the filter, and simple programs for the same question; `python -m benchmarks` prints a table."""
