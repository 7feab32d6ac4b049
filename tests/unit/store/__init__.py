"""Tests of `offduty.store`."""
