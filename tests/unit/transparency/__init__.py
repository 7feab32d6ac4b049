"""Tests of `offduty.transparency`."""
