"""Tests of `offduty.decision`."""
