"""Helpers for arrays."""
