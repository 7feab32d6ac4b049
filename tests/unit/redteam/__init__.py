"""Tests of `offduty.redteam`."""
