"""Tests of `offduty.verify.checks`."""
