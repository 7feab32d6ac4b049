"""Tests of `offduty.report`."""
