"""Bugs planted on purpose, and who notices."""
