"""Strings a run together, for one interval or many, and says what a store lacks."""
