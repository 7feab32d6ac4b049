"""Tests of `offduty.config`."""
