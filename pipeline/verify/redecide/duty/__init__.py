"""Settles custody, roster and duty a second time."""
