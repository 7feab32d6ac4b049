"""Checks a store for an auditor who trusts nobody; it shares formats and words with the filter, and no other code."""
