"""Tests of `offduty.core`."""
