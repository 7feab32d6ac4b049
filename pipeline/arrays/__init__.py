"""Helpers for numpy and Arrow arrays, independent of pings: dictionaries, overlapping intervals, spilling to disk."""
