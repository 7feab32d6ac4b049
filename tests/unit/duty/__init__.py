"""Tests of `offduty.duty`."""
