"""Decides every ping independently of the filter: alone first, then with the other pings of its duty window."""
