"""Writes what a run gives out: release, ledger, quarantine and manifest."""
