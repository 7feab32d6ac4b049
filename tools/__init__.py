"""Makers' tools: they write files of this repository out of the code, and do not travel in the wheel."""
