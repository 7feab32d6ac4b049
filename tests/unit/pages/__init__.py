"""Tests of `offduty.pages`."""
