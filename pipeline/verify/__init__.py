"""Checks a store for somebody who trusts nobody; it shares nothing with the filter but formats and words."""
