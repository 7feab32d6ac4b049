"""The benchmarks' sides agree before they are timed."""
