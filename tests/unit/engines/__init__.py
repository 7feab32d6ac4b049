"""Tests of `offduty.engines`."""
