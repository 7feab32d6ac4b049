"""Tests of `offduty.convert`."""
