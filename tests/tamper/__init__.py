"""Stores broken on purpose, and the check of `verify` that finds each."""
