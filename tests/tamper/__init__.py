"""Stores that are broken on purpose, and the check of `verify` that finds each."""
