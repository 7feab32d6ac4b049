"""Tests of `offduty.report.data`."""
