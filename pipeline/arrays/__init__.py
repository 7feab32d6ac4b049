"""Helpers for numpy and Arrow arrays that know nothing of pings: dictionaries, sweeps over intervals, spilling to disk."""
