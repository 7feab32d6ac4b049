"""Tests of `offduty.cli`."""
