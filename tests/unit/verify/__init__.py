"""Tests of `offduty.verify`."""
