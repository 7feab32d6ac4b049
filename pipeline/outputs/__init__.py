"""Writes the outputs of a run: release, ledger, quarantine and manifest."""
