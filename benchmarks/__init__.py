"""Measures the filter beside the tools one might write it in; `python -m benchmarks` prints the table."""
