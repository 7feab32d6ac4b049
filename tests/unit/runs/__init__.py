"""Tests of `offduty.runs`."""
