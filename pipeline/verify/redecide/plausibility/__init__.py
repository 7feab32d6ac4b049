"""Checks released rows without the pings: whether the reference tables contradict any of them."""
