"""Tests of `offduty.outputs`."""
