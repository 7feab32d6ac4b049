"""Measures what single cases and own copies add for attacker B: `python -m benchmarks.single_cases`."""
