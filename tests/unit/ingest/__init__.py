"""Tests of `offduty.ingest`."""
